"""Records to bytes and back: RFC 8785 canonical JSON, so that equal records are equal bytes."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from commands.ports import Entry, LogDamaged
from domain.desired import Desired
from domain.records import TYPES, Payload, Record
from domain.records.upcasters import present_name, upcast

_DESIRED = TypeAdapter(Desired)


def fields(payload: Any) -> Any:
    """What a payload is written as."""
    if isinstance(payload, Payload):
        return payload.__dict__
    raise TypeError(f"{type(payload).__name__} does not belong into a record")


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of integers, strings, booleans, None, and lists and ASCII-keyed mappings of them.

    For these, sorted keys and orjson's escapes are exactly what the RFC asks for; a test holds it against `rfc8785`.
    """
    return orjson.dumps(value, default=fields, option=orjson.OPT_SORT_KEYS)


def encode(record: Record) -> bytes:
    """A record as it is stored."""
    return canonical(
        {
            "id": record.id,
            "source": record.source,
            "type": record.type,
            "subject": record.subject,
            "time": record.time,
            "stream": record.stream,
            "actor": record.actor,
            "correlationid": record.correlationid,
            "causationid": record.causationid,
            "build": record.build,
            "data": record.data,
        }
    )


def decode(body: bytes) -> Record:
    """The record that was stored, in the present version of its type (`domain/records/upcasters.py`).

    Raises `LogDamaged` where the bytes are no record of a known type.
    """
    try:
        stored = orjson.loads(body)
        recorded = stored["type"]
        stored["type"] = present_name(recorded)
        stored["data"] = TYPES[stored["type"]].model_validate(upcast(recorded, stored["data"]))
        return Record(**stored)
    except (ValueError, KeyError, TypeError) as error:
        raise LogDamaged(f"a stored record can't be read: {error}") from error


def desired_in(body: bytes) -> Desired:
    """A row of `chargers.desired`. Raises `LogDamaged` where the bytes are none."""
    try:
        return _DESIRED.validate_json(body)
    except ValidationError as error:
        raise LogDamaged(f"a row of desired limits can't be read: {error.error_count()} errors") from error


def entry(record: Record, traceparent: str | None = None) -> Entry:
    """A record keyed by its stream, ready to append."""
    return Entry(record.stream, encode(record), traceparent)
