"""What projections ask of a relational database."""

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
        """What is told on a channel, from now on; an empty text first, once it listens. Ends where there are none."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Call `work` within one transaction."""
