"""The one shape of everything on the log: a payload with the attributes of CloudEvents 1.0 around it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from domain.records.catalogue import Payload

NAMESPACE = UUID("6f1d4c7e-0f0b-5c53-9d5b-1d3e6f2a8b10")


def derived_id(*parts: str | int) -> str:
    """The UUIDv5 of `parts`: the same cause gives the same id, so repeats are recognised."""
    return str(uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


@dataclass(frozen=True, slots=True)
class Record:
    """A CloudEvent as the log keeps it.

    `id`, `source`, `type`, `subject`, `time` are the CloudEvents attributes (`dataschema` follows from `type`:
    `schemas/<type>.json`); `time` is integer milliseconds since 1970 UTC, written as RFC 3339 where records leave the
    system. `stream` is `<processor>:<key>`; `actor` is an opaque principal id; `causationid` is the id of the record
    that led to this one (its own id for what came from outside); `build` names the rules that decided ("" on inputs).
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
