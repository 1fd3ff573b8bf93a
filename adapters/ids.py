"""Ids that are drawn: UUIDv7 (RFC 9562), which sort by time, and names of sockets and messages.

Made here: Python has `uuid.uuid7` from 3.14 only, and on its own clock; a package would be more than these lines.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

_draw: Callable[[int], int] = secrets.randbits


@contextmanager
def drawn_from(draw: Callable[[int], int]) -> Iterator[None]:
    """Draw the bits of ids from `draw` for a while, so that a simulated run can be repeated to the letter."""
    global _draw
    before, _draw = _draw, draw
    try:
        yield
    finally:
        _draw = before


def unique() -> str:
    """32 hexadecimal digits that nobody else has drawn."""
    return f"{_draw(128):032x}"


def uuid7(now_ms: int) -> str:
    """A UUIDv7 of 48 bits of time and 74 random bits. `now_ms` is the time of the clock service."""
    random = _draw(74)
    value = (now_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(UUID(int=value))
