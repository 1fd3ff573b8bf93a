"""The inputs that a stream has handled lately: one that is appended again, in doubt, has no effect."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, NamedTuple, Self

import msgspec
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

REMEMBERED = 256
BLOCK = 32
BLOCKS = REMEMBERED // BLOCK


class Block(NamedTuple):
    """Some ids, and the same as JSON."""

    ids: frozenset[str]
    json: msgspec.Raw


class RecentInputs:
    """The ids of at least the last `REMEMBERED` inputs, oldest first; written as lists of them.

    They are in blocks, since each input copies this and writes it: one long row would be searched, copied and
    encoded whole each time, with a miss of the processor's cache for every id.
    """

    __slots__ = ("_full", "_last")

    def __init__(self, full: tuple[Block, ...] = (), last: tuple[str, ...] = ()) -> None:
        self._full = full
        self._last = last

    @classmethod
    def of(cls, ids: Iterable[str]) -> Self:
        recent = cls()
        for one in ids:
            recent = recent.with_one_more(one)
        return recent

    def with_one_more(self, input_id: str) -> Self:
        """The ids and a new one; the oldest block is forgotten when there is another full one."""
        last = (*self._last, input_id)
        if len(last) < BLOCK:
            return type(self)(self._full, last)
        block = Block(frozenset(last), msgspec.Raw(msgspec.json.encode(last)))
        return type(self)((*self._full[1 - BLOCKS :], block))

    def __contains__(self, input_id: str) -> bool:
        if input_id in self._last:
            return True
        for ids, _ in self._full:  # noqa: SIM110 - `any` takes twice as long, for every input
            if input_id in ids:
                return True
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecentInputs) and self.written() == other.written()

    def written(self) -> list[msgspec.Raw | tuple[str, ...]]:
        """The ids as they are written in a state, for msgspec to encode."""
        return [*(json for _, json in self._full), self._last]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            lambda lists: cls.of(chain(*lists)), handler(list[list[str]])
        )
