"""The projector: applies each event to the read models exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection

from commands.log.codec import decode
from commands.log.record_header import read_header
from commands.log.topics import EVENTS
from commands.ports.log import Log, Position, Stored
from domain.records import TYPES
from projections import progress
from projections.applied import Progress
from projections.catalogue import PROJECTIONS
from projections.database import Database
from projections.projection import Change, Happened, Projection


class Projector:
    """Follows `events` and applies them in batches.

    Rows and positions change in one transaction, and a position only from its known value. So repeats have no effect,
    and several projectors on one database do no harm.
    """

    def __init__(self, log: Log, database: Database, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self.log = log
        self.database = database
        self._interested: dict[str, list[Projection]] = {
            name: interested
            for name, payload in TYPES.items()
            if (interested := [projection for projection in projections if payload in projection.handlers])
        }
        self._progress = Progress()

    async def run(self) -> None:
        """Apply events until the log is closed. Raises `Superseded` if another build has rebuilt the read models."""
        await self.database.write(progress.prepare)
        if await self._is_ahead_of_log():
            await self.rebuild()
        while True:
            await self._read_position()
            try:
                async for batch in self.log.tail(EVENTS, self.position()):
                    await self.apply(batch)
            except progress.Overtaken:
                continue
            return

    async def rebuild(self) -> None:
        """Drop all read models. `run` fills them from the first event; a running one starts over at the next event."""
        await self.database.write(progress.rebuild)

    async def apply(self, batch: Sequence[Stored]) -> None:
        """Apply events in order. Raises `Overtaken`, and changes nothing, if another projector was faster."""
        before = self.position()
        fresh = [stored for stored in batch if stored.position.offset > before[stored.position.partition]]
        after = {stored.position.partition: stored.position.offset for stored in fresh}
        changes = [change for stored in fresh for change in self._changes(stored)]

        def work(connection: Connection) -> None:
            progress.advance(connection, before, after)
            _execute(connection, changes)

        if fresh:
            await self.database.write(work)
            self._progress.advance({**before, **after})

    def position(self) -> Mapping[int, int]:
        """The last applied offset of each partition; empty before the projector runs."""
        return self._progress.position

    def caught_up(self, ends: Mapping[int, int]) -> bool:
        """Whether everything up to `ends`, from `log.ends(EVENTS)`, has been applied."""
        return self._progress.is_past(ends)

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` has been applied; False after `timeout_s`."""
        return await self._progress.passed(position, timeout_s)

    async def _is_ahead_of_log(self) -> bool:
        """Whether the log was restored from a copy that is older than the read models."""
        consumed = await self._consumed()  # before the ends, since another projector may advance meanwhile
        ends = await self.log.ends(EVENTS)
        return any(offset > ends[partition] for partition, offset in consumed.items())

    async def _read_position(self) -> None:
        self._progress.advance(await self._consumed())

    async def _consumed(self) -> dict[int, int]:
        partitions = range(self.log.partitions(EVENTS))
        return await self.database.write(lambda connection: progress.consumed(connection, partitions))

    def _changes(self, stored: Stored) -> Iterable[Change]:
        interested = self._interested.get(read_header(stored.body).type)
        if interested is None:
            return
        happened = Happened(decode(stored.body), stored.position)
        for projection in interested:
            yield from projection.changes(happened)


def _execute(connection: Connection, changes: Sequence[Change]) -> None:
    """Execute changes in order, consecutive ones with the same statement at once."""
    for _, group in groupby(changes, key=lambda change: id(change[0])):
        same = list(group)
        connection.execute(same[0][0], [dict(row) for row in map(itemgetter(1), same)])
