"""The port of the relational database of the read models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """A relational database, used from the event loop."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with a connection to query."""

    def listen(self, channel: str) -> AsyncIterator[str]:
        """The notifications on a channel: an empty text once it listens, then each. None on SQLite."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Call `work` within one transaction."""
