"""The one shape of everything on the log: a payload with the attributes of CloudEvents 1.0 around it."""

from __future__ import annotations

from hashlib import sha1
from typing import NamedTuple
from uuid import UUID

from domain.records.catalogue import Payload

NAMESPACE = UUID("6f1d4c7e-0f0b-5c53-9d5b-1d3e6f2a8b10")
_NAMESPACE = NAMESPACE.bytes


def derived_id(*parts: str | int) -> str:
    """The UUIDv5 (RFC 9562) of `parts`: the same cause gives the same id, so repeats are recognised.

    Every record needs one, and `uuid.uuid5` takes thrice as long.
    """
    name = "/".join(map(str, parts)).encode()
    digits = sha1(_NAMESPACE + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


class Record(NamedTuple):  # a frozen dataclass takes five times as long to make
    """A CloudEvent as the log stores it.

    `id`, `source`, `type`, `subject`, `time` are the CloudEvents attributes (`dataschema` follows from `type`:
    `schemas/<type>.json`); `time` is integer milliseconds since 1970 UTC, written as RFC 3339 where records leave the
    system. `stream` is `<processor>:<key>`; `actor` is an opaque principal id; `causationid` is the id of the record
    that led to this one (its own id for what came from outside); `build` names the rules that decided ("" on inputs).
    `sequence` numbers the events of a stream from 1 without gaps, so that a reader sees whether one was left out. It is
    0 on all other records, and on events that were stored before there were numbers: these count, too.
    """

    id: str
    source: str
    type: str
    subject: str
    time: int
    stream: str
    actor: str
    correlationid: str
    causationid: str
    build: str
    data: Payload
    sequence: int = 0


def input_record(
    record_id: str, source: str, stream: str, time_ms: int, data: Payload, *, actor: str, subject: str = ""
) -> Record:
    """A record from outside, at the edge: it causes itself and opens its own correlation."""
    return Record(
        id=record_id,
        source=source,
        type=data.type_name,
        subject=subject or stream,
        time=time_ms,
        stream=stream,
        actor=actor,
        correlationid=record_id,
        causationid=record_id,
        build="",
        data=data,
    )
