"""`commands.ports.Log` on Apache Kafka.

Single records are written by an idempotent producer, records that must appear together in a transaction. All readers
read committed records only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from threading import Lock
from typing import Any, Self, TypeVar
from uuid import uuid4

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.connectivity import admin_client
from adapters.log.kafka.consumer import KafkaConsumer
from adapters.log.kafka.errors import error_of, translated
from adapters.log.kafka.names import Names, Row
from adapters.log.kafka.reader import Reader, ends_uncommitted
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.tail import tail
from adapters.log.kafka.topics import checked_partitions
from adapters.log.kafka.writer import Appender, Transactor
from commands.log import topics
from commands.ports.log import Entry, Fenced, LogError, Output, Position, Stored

Found = TypeVar("Found")
ATTEMPTS = 3


class KafkaLog:
    """The log of a process, for the event loop that uses it first. It has one consumer of each processor."""

    def __init__(self, settings: KafkaSettings, names: Names, admin: AdminClient) -> None:
        self.settings = settings
        self.names = names
        self.worker = settings.worker or uuid4().hex
        self.closed = False
        self._admin = admin
        self._appender = Appender(settings, names)
        self._transactor = Transactor(settings, names, f"append.{self.worker}")
        self._reader = Reader(settings, names, admin)
        self._reading_thread = ThreadPoolExecutor(1, "kafka reader")
        self._writing_thread = ThreadPoolExecutor(1, "kafka transactions")
        self._waiting: list[tuple[Sequence[Row], asyncio.Future[Sequence[Position]]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._consumers: dict[str, KafkaConsumer] = {}
        self._known_ends: dict[str, dict[int, int]] = {}
        self._learning = Lock()

    @classmethod
    def open(cls, settings: KafkaSettings) -> Self:
        """Connect to the brokers and check the topics.

        Raises `LogError` with the reason of a refusal, or the setting of a topic that differs, as wanted and found.
        """
        admin = admin_client(settings)
        return cls(settings, Names(settings.prefix, checked_partitions(admin, settings)), admin)

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        """Raises what the port raises, and `ValueError` for entries that can't be stored."""
        rows = [self.names.row((topic, entry)) for entry in entries]
        if len(rows) != 1:
            return await self._all_or_nothing(rows)
        self._refuse_closed()
        position = await self._appender.append(rows[0])
        self.learn([(topic, position)])
        return [position]

    async def append_all(self, outputs: Sequence[Output]) -> None:
        """Raises what `append` raises."""
        await self._all_or_nothing([self.names.row(output) for output in outputs])

    async def read(self, topic: str, partition: int, after: int = 0, limit: int = 1000) -> Sequence[Stored]:
        if not 0 <= partition < self.partitions(topic):
            raise ValueError(f"partition: {partition} is not one of {self.partitions(topic)}")
        return await self._reading(self._reader.page, topic, partition, after, limit)

    def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        """All entries in the order of each partition. A key of a table may occur more than once."""
        return tail(self.settings, self.names, topic, after, lambda: self.closed)

    async def table(self, topic: str) -> Mapping[str, bytes]:
        return await self._reading(self._reader.table, topic)

    async def states(self, processor: str, partitions: Collection[int]) -> Mapping[str, bytes]:
        """The states of the streams in some partitions of a processor."""
        return await self._reading(self._reader.table, topics.states(processor), partitions)

    async def ends(self, topic: str) -> Mapping[int, int]:
        return await self._reading(self._reader.ends, topic)

    async def consumed(self, processor: str) -> Mapping[int, int]:
        return await self._reading(self._reader.consumed, processor)

    def partitions(self, topic: str) -> int:
        self.names.topic(topic)
        return self.names.partitions[topic]

    def consumer(self, processor: str) -> KafkaConsumer:
        """A consumer that replaces an earlier one on this log, and shares partitions with those of other processes."""
        self._refuse_closed()
        predecessor = self._consumers.get(processor)
        if predecessor is not None:
            predecessor.overtake()
        self._consumers[processor] = consumer = KafkaConsumer(self, processor, predecessor)
        return consumer

    async def close(self) -> None:
        """Close the log: waiting polls return empty batches, and tails end."""
        if self.closed:
            return
        self.closed = True
        await asyncio.gather(*(consumer.leave() for consumer in self._consumers.values()))
        if self._writing is not None:
            await self._writing
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writing_thread, self._appender.close)
        await loop.run_in_executor(self._reading_thread, self._reader.close)
        self._writing_thread.shutdown()
        self._reading_thread.shutdown()

    def high(self, topic: str) -> Mapping[int, int]:
        """The end of each partition now, including open transactions. It blocks."""
        partitions = range(self.partitions(topic))
        return ends_uncommitted(self._admin, self.names.topic(topic), partitions, self.settings.confirm_timeout_s)

    def known_ends(self, topic: str) -> Mapping[int, int]:
        """The last position that this process has written, by partition."""
        return self._known_ends.get(topic, {})

    def learn(self, written: Iterable[tuple[str, Position]]) -> None:
        """Note positions that this process has written; on any thread."""
        with self._learning:
            for topic, position in written:
                ends = self._known_ends.setdefault(topic, {})
                ends[position.partition] = max(position.offset, ends.get(position.partition, 0))

    async def _all_or_nothing(self, rows: Sequence[Row]) -> Sequence[Position]:
        self._refuse_closed()
        if not rows:
            return []
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_waiting())
        positions: Sequence[Position] = await future
        self.learn((row.topic, position) for row, position in zip(rows, positions, strict=True))
        return positions

    async def _write_waiting(self) -> None:
        """Write transactions, each for all that wait, until none waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            jobs, self._waiting = self._waiting, []
            rows = [row for job, _ in jobs for row in job]
            try:
                positions = iter(await loop.run_in_executor(self._writing_thread, self._write, rows))
            except Exception as error:  # a defect, too, is raised to those that wait
                for _, future in jobs:
                    if not future.done():
                        future.set_exception(copy(error))
                continue
            for job, future in jobs:
                placed = [next(positions) for _ in job]
                if not future.done():
                    future.set_result(placed)

    def _write(self, rows: Sequence[Row]) -> Sequence[Position]:
        """Write rows, after an error again with a fresh producer. Repeats are recognised by their ids."""
        for attempt in range(ATTEMPTS):
            try:
                return self._transactor.write(rows).of(rows)
            except KafkaException as error:
                failure = translated(error_of(error), "append")
                if isinstance(failure, Fenced) or attempt == ATTEMPTS - 1:
                    raise failure from error
        raise AssertionError("unreachable")

    async def _reading(self, query: Callable[..., Found], *arguments: Any) -> Found:
        self._refuse_closed()
        return await asyncio.get_running_loop().run_in_executor(self._reading_thread, query, *arguments)

    def _refuse_closed(self) -> None:
        if self.closed:
            raise LogError(f"the log on {self.settings.brokers} is closed")
