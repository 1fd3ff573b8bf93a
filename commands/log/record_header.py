"""The header of a record: enough for a reader to decide whether it needs the payload, in a fraction of a `decode`."""

from __future__ import annotations

import msgspec

from commands.ports.log import LogDamaged
from domain.records.upcasters import UPCASTERS, present_name


class Header(msgspec.Struct, frozen=True, gc=False):
    """Attributes of a record, without its payload. `type` is the present version, as in `decode`."""

    id: str
    type: str
    time: int
    stream: str
    correlationid: str


_DECODER = msgspec.json.Decoder(Header)


def read_header(body: bytes) -> Header:
    """The header in the bytes of a record. Raises `LogDamaged` if they are no record."""
    try:
        stored = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise LogDamaged(f"a stored record can't be read: {error}") from error
    if stored.type in UPCASTERS:
        return msgspec.structs.replace(stored, type=present_name(stored.type))
    return stored
