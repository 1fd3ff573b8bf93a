"""A processor's worker on the SQLite log. It owns all partitions, until another one takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from adapters.log.sqlite.reader import Cursor
from adapters.log.sqlite.schema import OWN
from adapters.log.sqlite.writer import Group, size_of
from commands.log import topics
from commands.log.codec import canonical
from commands.ports.log import Entry, Fenced, LogError, Output, Stored

if TYPE_CHECKING:
    from adapters.log.sqlite.log import SqliteLog


@dataclass(frozen=True, slots=True)
class SqliteBatch:
    """Inputs from `start` to `end`. `poll` returns them again until they are committed."""

    consumer: SqliteConsumer
    records: Sequence[Stored]
    start: Cursor
    end: Cursor
    reassigned: bool = False  # the partitions are never shared

    async def commit(self, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Outputs, states and positions in one transaction. Raises `Fenced`, `LogFull`, `LogDamaged`, `LogError`."""
        await self.consumer.commit(self, outputs, states)


class SqliteConsumer:
    """One batch at a time: polled, committed, and only then the next, so that no input is skipped or used twice."""

    def __init__(self, log: SqliteLog, processor: str) -> None:
        self._log = log
        self._processor = processor
        self._inputs = topics.inputs(processor)
        self._cursor: Cursor | None = None
        self._looked = 0  # up to this offset the topic has nothing after the cursor
        self._committing: asyncio.Future[None] | None = None
        self._closed = False

    async def states(self) -> Mapping[str, bytes]:
        await self._current()
        return await self._log.table(topics.states(self._processor))

    async def positions(self) -> Mapping[int, int]:
        return (await self._current()).after

    def caught_up(self) -> bool:
        consumed = self._cursor.after.values() if self._cursor else ()
        return self._log.ends_now.last(self._inputs) <= max(self._looked, *consumed, 0)

    async def poll(self, limit: int = 500) -> SqliteBatch:
        ends = self._log.ends_now
        cursor = await self._current()
        while not (self._closed or ends.closed):
            cursor = await self._current()
            last = ends.last(self._inputs)
            if last <= max(self._looked, *cursor.after.values()):
                await ends.changed(self._inputs)
                continue
            records, end = await self._log.page(self._inputs, cursor, limit)
            if records:
                return SqliteBatch(self, records, cursor, end)
            self._looked = last
        return SqliteBatch(self, [], cursor, cursor)

    async def commit(self, batch: SqliteBatch, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Commit a batch of this consumer, see `SqliteBatch.commit`."""
        if self._committing or batch.start is not self._cursor:
            raise LogError(f"{self._processor}: this batch, or another from the same position, is committed already")
        topic = topics.states(self._processor)
        rows = [*map(self._log.row, outputs)]
        rows += [self._log.row((topic, Entry(stream, body))) for stream, body in states.items()]
        if batch.records:
            positions = canonical({str(partition): offset for partition, offset in batch.end.after.items()})
            rows.append((OWN, 0, f"consumed/{self._processor}", positions, None))

        def write(group: Group) -> None:
            if not self._log.owns(self._processor, self):
                raise Fenced(f"{self._processor}: another consumer took over; nothing of this batch was written")
            group.add_all(rows)

        self._committing = self._log.submit(write, size_of(rows))
        self._committing.add_done_callback(partial(self._committed, batch.end))
        # Cancelling the caller does not cancel the commit.
        await asyncio.shield(self._committing)

    async def close(self) -> None:
        self._closed = True
        self._log.ends_now.wake(self._inputs)

    async def _current(self) -> Cursor:
        """The cursor to read from: at first after all commits of predecessors, and never during a commit."""
        if self._committing:
            await asyncio.wait([self._committing])
        if self._cursor is None:
            await self._log.submit(_nothing)
            consumed = await self._log.consumed(self._processor)
            self._cursor = self._cursor or Cursor(consumed)
        return self._cursor

    def _committed(self, end: Cursor, committing: asyncio.Future[None]) -> None:
        self._committing = None
        if not committing.cancelled() and committing.exception() is None:
            self._cursor = end


def _nothing(group: Group) -> None:
    """A job that does nothing: it is done when all earlier ones are."""
