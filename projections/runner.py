"""The projector: feeds the events to the read models, each exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from commands.codec import decode
from commands.head import head
from commands.ports import Log, Position, Stored
from commands.topics import EVENTS
from domain.records import TYPES
from projections import progress
from projections.catalogue import PROJECTIONS
from projections.projection import Change, Happened, Projection

T = TypeVar("T")


class Database(Protocol):
    """A relational database, used from the event loop."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with a connection to query."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Call `work` within one transaction."""


class Projector:
    """Tails `events` and applies them in batches.

    The rows and the consumed position change in one transaction, and the position only from what it was (so several
    projectors on one database do no harm): what is delivered again has no effect.
    """

    def __init__(self, log: Log, database: Database, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self.log = log
        self.database = database
        self._interested: dict[str, list[Projection]] = {
            name: interested
            for name, payload in TYPES.items()
            if (interested := [projection for projection in projections if payload in projection.handlers])
        }
        self._position: dict[int, int] = {}
        self._waiting: list[tuple[Position, asyncio.Future[None]]] = []

    async def run(self) -> None:
        """Apply events until the log closes. Raises `Superseded` where another build took the read models over."""
        await self.database.write(progress.prepare)
        if await self._is_ahead_of_log():
            await self.rebuild()
        while True:
            await self._read_position()
            try:
                async for batch in self.log.tail(EVENTS, self._position):
                    await self.apply(batch)
            except progress.Overtaken:
                continue
            return

    async def rebuild(self) -> None:
        """Drop all read models: `run` fills them from the first event. One that runs starts over at the next event."""
        await self.database.write(progress.rebuild)

    async def apply(self, batch: Sequence[Stored]) -> None:
        """Apply some events in order. Raises `Overtaken` (and changes nothing) where another projector was faster."""
        fresh = [stored for stored in batch if stored.position.offset > self._position[stored.position.partition]]
        after = {stored.position.partition: stored.position.offset for stored in fresh}
        changes = [change for stored in fresh for change in self._changes(stored)]
        before = self._position

        def work(connection: Connection) -> None:
            progress.advance(connection, before, after)
            _execute(connection, changes)

        if fresh:
            await self.database.write(work)
            self._position = {**before, **after}
            self._wake()

    def position(self) -> Mapping[int, int]:
        """The last applied offset of each partition; empty before the projector runs."""
        return self._position

    def caught_up(self, ends: Mapping[int, int]) -> bool:
        """Whether everything up to `ends` (as `log.ends(EVENTS)` told) has been applied."""
        return all(self._position.get(partition, -1) >= offset for partition, offset in ends.items())

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` has been applied; False after `timeout_s`."""
        if self.caught_up({position.partition: position.offset}):
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

    async def _is_ahead_of_log(self) -> bool:
        """Whether the log was restored from a copy that is older than the read models: they tell of what never was."""
        consumed = await self._consumed()  # first: another projector may go on meanwhile
        ends = await self.log.ends(EVENTS)
        return any(offset > ends[partition] for partition, offset in consumed.items())

    async def _read_position(self) -> None:
        self._position = await self._consumed()
        self._wake()

    async def _consumed(self) -> dict[int, int]:
        partitions = range(self.log.partitions(EVENTS))
        return await self.database.write(lambda connection: progress.consumed(connection, partitions))

    def _wake(self) -> None:
        for position, waiter in self._waiting:
            if not waiter.done() and self.caught_up({position.partition: position.offset}):
                waiter.set_result(None)

    def _changes(self, stored: Stored) -> Iterable[Change]:
        interested = self._interested.get(head(stored.body).type)
        if interested is None:
            return
        happened = Happened(decode(stored.body), stored.position)
        for projection in interested:
            yield from projection.changes(happened)


def _execute(connection: Connection, changes: Sequence[Change]) -> None:
    """Run the changes in order, neighbours with the same statement at once."""
    for _, group in groupby(changes, key=lambda change: id(change[0])):
        same = list(group)
        connection.execute(same[0][0], [dict(row) for row in map(itemgetter(1), same)])
