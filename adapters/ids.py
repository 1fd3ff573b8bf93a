"""Ids of requests: UUIDv7 (RFC 9562), which sort by time.

Made here: Python has `uuid.uuid7` from 3.14 only, and on its own clock; a package would be more than these lines."""

from __future__ import annotations

import secrets
from uuid import UUID


def uuid7(now_ms: int) -> str:
    """A UUIDv7 of 48 bits of time and 74 random bits. `now_ms` is the time of the clock service."""
    random = secrets.randbits(74)
    value = (now_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(UUID(int=value))
