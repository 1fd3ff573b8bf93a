"""Waiting until the read models have applied an event, in the projector's process or in another one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from commands.ports.database import DatabaseUnavailable
from commands.ports.log import Position
from projections import progress
from projections.database import Database

READ_WAIT_S = 2.0
"""How long an edge waits until a decision can be read."""
LOOK_S = 0.05
"""The pause between queries while anybody waits, since a notification may be missed."""


class Progress:
    """The last applied offset of each partition, and waiting for it."""

    def __init__(self) -> None:
        self.position: dict[int, int] = {}
        self._waiting: list[tuple[Position, asyncio.Future[None]]] = []

    def advance(self, position: dict[int, int]) -> None:
        """The read models have applied all events up to `position`."""
        self.position = position
        for wanted, waiter in self._waiting:
            if not waiter.done() and self.is_past({wanted.partition: wanted.offset}):
                waiter.set_result(None)

    def is_past(self, ends: Mapping[int, int]) -> bool:
        """Whether everything up to `ends` has been applied."""
        return all(self.position.get(partition, -1) >= offset for partition, offset in ends.items())

    def is_awaited(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` has been applied; False after `timeout_s`."""
        if self.is_past({position.partition: position.offset}):
            return True
        waiter = (position, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                await waiter[1]
        except TimeoutError:
            return False
        finally:
            self._waiting.remove(waiter)
        return True


class Applied:
    """The position of a projector in another process, from its notifications and from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._progress = Progress()
        self._querying: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Receive notifications, for ever. A missed one costs a little time. Raises `DatabaseUnavailable`."""
        async for text in self._database.listen(progress.CHANNEL):
            if text:
                self._progress.advance({**self._progress.position, **progress.notified(text)})

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` has been applied; False after `timeout_s`."""
        if self._querying is None or self._querying.done():
            self._querying = asyncio.create_task(self._query())
        return await self._progress.passed(position, timeout_s)

    async def _query(self) -> None:
        """Query for all waiting calls at once, while there are any. Repeated if the database is unavailable."""
        while True:
            if self._progress.position:
                await asyncio.sleep(LOOK_S)
            if not self._progress.is_awaited():
                return
            with suppress(DatabaseUnavailable):
                self._progress.advance(await self._database.read(progress.applied))
