"""Waiting until the read models have applied an event, beside the projector or in another process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from commands.ports.database import DatabaseUnavailable
from commands.ports.log import Position
from projections import progress
from projections.database import Database

READ_WAIT_S = 2.0
"""So long an edge waits until what was decided can be read."""
LOOK_S = 0.05
"""A query for all who wait, as often as this while anybody waits: what was told meanwhile may have been missed."""


class Progress:
    """The last applied offset of each partition, and who waits for it to go on."""

    def __init__(self) -> None:
        self.position: dict[int, int] = {}
        self._waiting: list[tuple[Position, asyncio.Future[None]]] = []

    def at(self, position: dict[int, int]) -> None:
        """The read models have come to here."""
        self.position = position
        for wanted, waiter in self._waiting:
            if not waiter.done() and self.is_past({wanted.partition: wanted.offset}):
                waiter.set_result(None)

    def is_past(self, ends: Mapping[int, int]) -> bool:
        """Whether everything up to `ends` has been applied."""
        return all(self.position.get(partition, -1) >= offset for partition, offset in ends.items())

    def is_awaited(self) -> bool:
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
    """How far a projector in another process has come, as it notes in the transaction of its rows, and tells."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._progress = Progress()
        self._looking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Hear of it at once, for ever. Without this, and where something was missed, it is seen a little later.

        Raises `DatabaseUnavailable`.
        """
        async for text in self._database.listen(progress.CHANNEL):
            if text:
                self._progress.at({**self._progress.position, **progress.notified(text)})

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` has been applied; False after `timeout_s`."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await self._progress.passed(position, timeout_s)

    async def _look(self) -> None:
        """One query at a time for all, as long as anybody waits. An unreachable database is asked again."""
        while True:
            if self._progress.position:
                await asyncio.sleep(LOOK_S)
            if not self._progress.is_awaited():
                return
            with suppress(DatabaseUnavailable):
                self._progress.at(await self._database.read(progress.applied))
