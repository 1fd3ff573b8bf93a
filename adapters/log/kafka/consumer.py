"""A processor's worker on Kafka: it shares the partitions with the other workers of its group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from adapters.log.kafka.errors import translating
from adapters.log.kafka.group_member import GroupMember, Lifecycle, Ticket
from adapters.log.kafka.input_transactions import InputTransactions
from adapters.log.kafka.names import Row
from adapters.log.kafka.positions import Positions
from commands.log import topics
from commands.ports.log import Entry, Fenced, LogError, Output, Stored

if TYPE_CHECKING:
    from adapters.log.kafka.log import KafkaLog

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class KafkaBatch:
    """Inputs under a ticket. `poll` returns them again until they are committed."""

    consumer: KafkaConsumer
    records: Sequence[Stored]
    ticket: Ticket
    reassigned: bool

    async def commit(self, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Outputs, states and positions in one transaction. Raises `Fenced`, `LogFull`, `LogDamaged`, `LogError`."""
        await self.consumer.commit(self, outputs, states)


class KafkaConsumer:
    """One batch at a time: polled, committed, and only then the next, so that no input is skipped or used twice.

    One thread does all that Kafka's clients do, and it is also where partitions are assigned and revoked. This never
    happens between a batch and its commit, unless this worker was silent for too long; then brokers refuse the commit.
    """

    def __init__(self, log: KafkaLog, processor: str, predecessor: KafkaConsumer | None) -> None:
        self._log = log
        self._processor = processor
        self._inputs = topics.inputs(processor)
        self._predecessor = predecessor
        self._thread = ThreadPoolExecutor(1, f"kafka {processor}")
        self._lifecycle = Lifecycle()
        positions = Positions(log.settings, log.names, processor)
        self._member = GroupMember(log, processor, positions, self._lifecycle)
        self._transactions = InputTransactions(log.settings, log.names, processor, log.worker, positions, self._member)
        self._joining: asyncio.Future[None] | None = None
        self._leaving: asyncio.Future[None] | None = None
        self._has_batch = False

    async def states(self) -> Mapping[str, bytes]:
        await self._has_joined()
        self._member.reassigned = False
        return await self._log.states(self._processor, tuple(self._member.consumed))

    async def positions(self) -> Mapping[int, int]:
        await self._has_joined()
        return dict(self._member.consumed)

    def caught_up(self) -> bool:
        member, ends = self._member, self._log.known_ends(self._inputs)
        reached = member.reached.copy()
        return member.joined and not member.buffer and all(ends.get(p, 0) <= end for p, end in reached.items())

    async def poll(self, limit: int = 500) -> KafkaBatch:
        while not self._member.has_ended():
            await self._has_joined()
            if self._member.has_ended():
                break
            batch = await self._call(self._next_batch, limit)
            if batch.records and self._leaving is None:
                self._has_batch = True
                return batch
        await self.leave()
        self._refuse_overtaken()
        return KafkaBatch(self, (), self._member.ticket, False)

    async def commit(self, batch: KafkaBatch, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Commit a batch of this consumer, see `KafkaBatch.commit`."""
        topic = topics.states(self._processor)
        rows = [*map(self._log.names.row, outputs)]
        rows += [self._log.names.row((topic, Entry(stream, body))) for stream, body in states.items()]
        self._refuse_overtaken()
        await self._call(self._commit, batch, rows)
        self._has_batch = False

    async def close(self) -> None:
        """Read no further input and leave the group: at once, or at the `poll` after the present batch's commit."""
        self._lifecycle.closed = True
        if not self._has_batch:
            await self.leave()

    async def leave(self) -> None:
        """Finish the commit that is under way and leave the group, which then need not wait for a time-out."""
        if self._leaving is None:
            self._lifecycle.closed = True
            self._lifecycle.leaving = True
            self._leaving = self._call(self._leave)
            self._thread.shutdown(wait=False)
        await asyncio.shield(self._leaving)

    def overtake(self) -> None:
        """Another consumer of this log takes the processor over: nothing more is read or committed here."""
        self._lifecycle.overtaken = True

    def _refuse_overtaken(self) -> None:
        if self._lifecycle.overtaken:
            raise Fenced(f"{self._processor}: another consumer took over; nothing of this batch was written")
        if isinstance(self._member.ticket.void, Fenced):
            raise self._member.ticket.void

    def _call(self, work: Callable[..., Result], *arguments: Any) -> asyncio.Future[Result]:
        """Call `work` on the thread. Cancelling the caller does not cancel it."""
        if self._leaving is not None:
            raise LogError(f"{self._processor}: this worker has given its partitions back")
        loop = asyncio.get_running_loop()
        return asyncio.shield(loop.run_in_executor(self._thread, partial(work, *arguments)))

    async def _has_joined(self) -> None:
        if self._joining is None:
            self._joining = asyncio.ensure_future(self._join_after_predecessor())
        await asyncio.shield(self._joining)

    async def _join_after_predecessor(self) -> None:
        if self._predecessor is not None:
            await self._predecessor.leave()
            self._predecessor = None
        if self._leaving is None:
            await self._call(self._join)

    # The methods below run on the thread.

    def _join(self) -> None:
        with translating(self._processor):
            self._transactions.prepare()
            self._member.join()

    def _next_batch(self, limit: int) -> KafkaBatch:
        member = self._member
        with translating(self._processor):
            member.fill(limit)
        return KafkaBatch(self, tuple(member.buffer[:limit]), member.ticket, member.reassigned)

    def _commit(self, batch: KafkaBatch, rows: Sequence[Row]) -> None:
        if batch.ticket.void:
            raise batch.ticket.void
        ends = {stored.position.partition: stored.position.offset for stored in batch.records}
        try:
            written = self._transactions.write(rows, ends)
        except Fenced as fenced:
            batch.ticket.void = fenced
            raise
        batch.ticket.void = LogError(f"{self._processor}: this batch, or another from the same position, is committed")
        self._member.advance(ends)
        # Before the buffer is empty, so that `caught_up` knows of what this commit wrote.
        self._log.learn(written)
        del self._member.buffer[: len(batch.records)]

    def _leave(self) -> None:
        self._transactions.close()
        self._member.leave()
