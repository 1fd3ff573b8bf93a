"""A processor's worker on Kafka: it shares the partitions with the other workers of its group."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from adapters.log.kafka.errors import error_of, translated, translating
from adapters.log.kafka.names import Row, place_of, stored
from adapters.log.kafka.reader import AT_ONCE, SLICE_S, arrivals, committed, is_end
from adapters.log.kafka.stall_detection import LOOK_S, StallDetector
from adapters.log.kafka.with_timeout import call_with_timeout
from adapters.log.kafka.writer import Transactor
from commands.log import topics
from commands.ports.log import Entry, Fenced, LogError, Output, Position, Stored

if TYPE_CHECKING:
    from adapters.log.kafka.log import KafkaLog

Result = TypeVar("Result")
JOIN_SLICE_S = 0.01
"""An assignment alone is not told by what waits for records."""


@dataclass(slots=True, eq=False)
class Ticket:
    """Whether batches taken under it may be committed; the reason if not."""

    void: LogError | None = None


@dataclass(frozen=True, slots=True)
class KafkaBatch:
    """Inputs under a ticket. Until it is committed, `poll` gives them again."""

    consumer: KafkaConsumer
    records: Sequence[Stored]
    ticket: Ticket
    reassigned: bool

    async def commit(self, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Outputs, states and positions in one transaction. Raises `Fenced`, `LogFull`, `LogDamaged`, `LogError`."""
        await self.consumer.commit(self, outputs, states)


class KafkaConsumer:
    """One batch at a time: polled, committed, and only then the next, so that no input is passed over or used twice.

    All clients belong to one thread, which is also where partitions come and go: never between a batch and its commit
    but when this worker was silent for too long, and then the brokers refuse the commit.
    """

    def __init__(self, log: KafkaLog, processor: str, predecessor: KafkaConsumer | None) -> None:
        self._log = log
        self._settings = log.settings
        self._processor = processor
        self._inputs = topics.inputs(processor)
        self._predecessor = predecessor
        self._thread = ThreadPoolExecutor(1, f"kafka {processor}")
        # So long others may need until they let go of partitions, or until their transactions are decided.
        self._patience_s = log.settings.transaction_timeout_ms / 1000 + log.settings.confirm_timeout_s
        self._transactor = Transactor(self._settings, log.names, f"{processor}.{log.worker}")
        self._consumer: Consumer | None = None
        self._joining: asyncio.Future[None] | None = None
        self._member: str | None = None
        self._consumed: dict[int, int] = {}  # of each owned partition
        self._reached: dict[int, int] = {}  # up to here everything is consumed or in the buffer
        self._buffer: list[Stored] = []
        self._ticket = Ticket()
        self._stalls = StallDetector(log.settings.transaction_timeout_ms / 1000 + 2 * LOOK_S)
        self._reassigned = False
        self._joined = False
        self._in_hand = False
        self._leaving: asyncio.Future[None] | None = None
        self._closed = False
        self._overtaken = False

    async def states(self) -> Mapping[str, bytes]:
        await self._has_joined()
        self._reassigned = False
        return await self._log.states(self._processor, tuple(self._consumed))

    async def positions(self) -> Mapping[int, int]:
        await self._has_joined()
        return dict(self._consumed)

    def caught_up(self) -> bool:
        ends = self._log.known_ends(self._inputs)
        reached = self._reached.copy()
        return self._joined and not self._buffer and all(ends.get(p, 0) <= end for p, end in reached.items())

    async def poll(self, limit: int = 500) -> KafkaBatch:
        while not self._ended():
            await self._has_joined()
            if self._ended():
                break
            batch = await self._call(self._take, limit)
            if batch.records and self._leaving is None:
                self._in_hand = True
                return batch
        await self.leave()
        self._refuse_overtaken()
        return KafkaBatch(self, (), self._ticket, False)

    async def commit(self, batch: KafkaBatch, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        topic = topics.states(self._processor)
        rows = [*map(self._log.names.row, outputs)]
        rows += [self._log.names.row((topic, Entry(stream, body))) for stream, body in states.items()]
        self._refuse_overtaken()
        await self._call(self._commit, batch, rows)
        self._in_hand = False

    async def close(self) -> None:
        """Take nothing more, and leave the group: at once, or at the `poll` after what is in hand was committed."""
        self._closed = True
        if not self._in_hand:
            await self.leave()

    async def leave(self) -> None:
        """Finish the commit that was handed in and leave the group, which need not wait then until it misses us."""
        if self._leaving is None:
            self._closed = True
            self._leaving = self._call(self._leave)
            self._thread.shutdown(wait=False)
        await asyncio.shield(self._leaving)

    def overtake(self) -> None:
        """Another consumer of this log takes the processor over: nothing more is taken or committed here."""
        self._overtaken = True

    def _ended(self) -> bool:
        return self._closed or self._log.closed or self._overtaken or isinstance(self._ticket.void, Fenced)

    def _refuse_overtaken(self) -> None:
        if self._overtaken:
            raise Fenced(f"{self._processor}: another consumer took over; nothing of this batch was written")
        if isinstance(self._ticket.void, Fenced):
            raise self._ticket.void

    def _call(self, work: Callable[..., Result], *arguments: Any) -> asyncio.Future[Result]:
        """Do it on the thread. Whoever waits may be cancelled; what was handed in is not."""
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

    # From here on: on the thread.

    def _join(self) -> None:
        """Become a member, and look at each partition once: `caught_up` must not forget what was there before."""
        with translating(self._processor):
            self._transactor.prepare()
            self._consumer = Consumer(
                self._settings.consumer(
                    self._processor,
                    **{
                        "partition.assignment.strategy": "cooperative-sticky",
                        "session.timeout.ms": self._settings.session_timeout_ms,
                        "heartbeat.interval.ms": self._settings.session_timeout_ms // 4,
                    },
                )
            )
            self._consumer.subscribe(
                [self._log.names.topic(self._inputs)],
                on_assign=self._assigned,
                on_revoke=self._revoked,
                on_lost=self._lost,
            )
            self._receive_until(lambda: self._member is not None, JOIN_SLICE_S)
            high = self._log.high(self._inputs)
            self._receive_until(lambda: all(self._reached.get(p, 0) >= high[p] for p in self._unseen()), SLICE_S)
        self._joined = True

    def _receive_until(self, holds: Callable[[], bool], slice_s: float) -> None:
        deadline = time.monotonic() + self._patience_s
        while not (holds() or self._ended()):
            if time.monotonic() > deadline:
                raise LogError(
                    f"{self._processor}: the group let no worker in, or a partition can't be read to its end"
                )
            self._receive(slice_s)

    def _unseen(self) -> set[int]:
        return self._reached.keys() - {stored.position.partition for stored in self._buffer}

    def _take(self, limit: int) -> KafkaBatch:
        with translating(self._processor):
            if len(self._buffer) < limit and not self._closed:
                self._receive(0 if self._buffer else SLICE_S, limit - len(self._buffer))
            self._refuse_deaf()
        return KafkaBatch(self, tuple(self._buffer[:limit]), self._ticket, self._reassigned)

    def _refuse_deaf(self) -> None:
        now_s = time.monotonic()
        if self._buffer:
            self._stalls.received(now_s)
        elif self._stalls.is_stalled(now_s, self._misses):
            raise LogError(f"{self._processor}: this worker is cut off from what there is to read: it must start again")

    def _misses(self) -> bool:
        """Whether it is no member, or something is there of its partitions that it has not reached."""
        assert self._consumer is not None
        if not self._consumer.memberid():
            return True
        high = self._log.high(self._inputs)
        return any(high[partition] > reached for partition, reached in self._reached.items())

    def _receive(self, timeout_s: float, limit: int = AT_ONCE) -> None:
        assert self._consumer is not None
        for message in arrivals(self._consumer, timeout_s, limit):
            error = message.error()
            if error is not None and error.code() == KafkaError._MAX_POLL_EXCEEDED:
                continue  # the loss itself is told by `_lost`
            at_end = is_end(message, self._processor)
            partition, offset = place_of(message)
            reached = self._reached.get(partition)
            if reached is None or offset < reached:
                continue  # given to another worker; or come again, where a client goes back to the beginning
            if not at_end:
                self._buffer.append(stored(message))
            self._reached[partition] = offset + (0 if at_end else 1)

    def _commit(self, batch: KafkaBatch, rows: Sequence[Row]) -> None:
        if batch.ticket.void:
            raise batch.ticket.void
        ends = {stored.position.partition: stored.position.offset for stored in batch.records}
        try:
            written = self._write(rows, ends)
        except Fenced as fenced:
            batch.ticket.void = fenced
            raise
        batch.ticket.void = LogError(f"{self._processor}: this batch, or another from the same position, is committed")
        self._ticket = Ticket()
        self._consumed |= ends
        # Before the buffer says that all is done: what follows from it is known to be there by then.
        self._log.learn(written)
        del self._buffer[: len(batch.records)]

    def _write(self, rows: Sequence[Row], ends: Mapping[int, int]) -> Sequence[tuple[str, Position]]:
        """One transaction; returns up to where it wrote, where that is known.

        After trouble a fresh producer first finds out whether it had counted.
        """
        deadline = time.monotonic() + self._settings.confirm_timeout_s
        mark = uuid4().hex
        while True:
            with self._trouble_until(deadline):
                send = partial(self._send_offsets, self._topic_partitions(ends, mark))
                return self._transactor.write(rows, send).ends()
            with self._trouble_until(deadline):
                self._transactor.prepare()
                if self._has_counted(ends, mark):
                    return []

    @contextmanager
    def _trouble_until(self, deadline: float) -> Iterator[None]:
        """Let pass what another attempt may mend. That the group is at another generation only tells of a rebalance."""
        try:
            yield
        except KafkaException as error:
            failure = translated(error_of(error), self._processor)
            is_final = isinstance(failure, Fenced) and error_of(error).code() != KafkaError.ILLEGAL_GENERATION
            if is_final or time.monotonic() > deadline:
                raise failure from error

    def _has_counted(self, ends: Mapping[int, int], mark: str) -> bool:
        """Whether the positions are those that this very commit has marked; `Fenced` if another worker's."""
        positions = self._committed(ends)
        if ends and all(one.metadata == mark for one in positions):
            return True
        if any(one.offset != self._consumed[one.partition] for one in positions):
            raise Fenced(f"{self._processor}: another worker has consumed these inputs; nothing of this was written")
        return False

    def _send_offsets(self, positions: list[TopicPartition], producer: Producer) -> None:
        """The consumed positions with this worker's membership, so that a zombie's are refused."""
        assert self._consumer is not None
        group = self._consumer.consumer_group_metadata()
        # Once the group has told this worker that it is out, the metadata name no member, and would be let through.
        if self._consumer.memberid() != self._member:
            raise Fenced(f"{self._processor}: this worker was silent for too long and is no member any more")
        # librdkafka heeds no time-out of its own while it waits for a coordinator that is gone for good.
        send = partial(producer.send_offsets_to_transaction, positions, group)
        call_with_timeout(send, self._settings.attempt_timeout_s)

    def _committed(self, partitions: Iterable[int]) -> list[TopicPartition]:
        """Asked by a client of its own: the member's may wait for a coordinator that restarted, and hear nothing."""
        wanted = self._topic_partitions(dict.fromkeys(partitions, 0))
        asking = Consumer(self._settings.consumer(self._processor))
        try:
            return committed(asking, wanted, self._processor, self._patience_s)
        finally:
            asking.close()

    def _topic_partitions(self, offsets: Mapping[int, int], mark: str = "") -> list[TopicPartition]:
        name = self._log.names.topic(self._inputs)
        return [TopicPartition(name, partition, offset, mark) for partition, offset in offsets.items()]

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Where to go on is asked before `states` looks for the states' end: so a late commit is in both or neither."""
        if self._leaving is not None:
            return
        self._member = consumer.memberid()
        found = self._committed(one.partition for one in partitions) if partitions else []
        offsets = {one.partition: one.offset for one in found}
        self._consumed |= offsets
        self._reached |= offsets
        self._reassigned = self._joined and bool(partitions)
        consumer.incremental_assign(self._topic_partitions(offsets))

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._forget(partitions)
        consumer.incremental_unassign(partitions)

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._revoked(consumer, partitions)

    def _forget(self, partitions: list[TopicPartition]) -> None:
        gone = {one.partition for one in partitions}
        self._ticket.void = Fenced(f"{self._processor}: partitions of this batch were given to another worker")
        self._ticket = Ticket()
        self._buffer = [stored for stored in self._buffer if stored.position.partition not in gone]
        for partition in gone:
            self._consumed.pop(partition, None)
            self._reached.pop(partition, None)
        self._reassigned = self._joined

    def _leave(self) -> None:
        self._transactor.close()
        if self._consumer is not None:
            self._consumer.close()
