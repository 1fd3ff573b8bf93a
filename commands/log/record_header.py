"""What a reader of `events` must know of a record to tell whether it needs the rest: a fraction of a `decode`."""

from __future__ import annotations

import msgspec

from commands.ports.log import LogDamaged
from domain.records.upcasters import UPCASTERS, present_name


class Header(msgspec.Struct, frozen=True, gc=False):
    """Some attributes of a record; its data is skipped. `type` is the present version, as `decode` gives it."""

    id: str
    type: str
    time: int
    stream: str
    correlationid: str


_DECODER = msgspec.json.Decoder(Header)


def read_header(body: bytes) -> Header:
    """The head of a stored record. Raises `LogDamaged` where the bytes are no record."""
    try:
        stored = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise LogDamaged(f"a stored record can't be read: {error}") from error
    if stored.type in UPCASTERS:
        return msgspec.structs.replace(stored, type=present_name(stored.type))
    return stored
