"""`commands.ports.log.Log` in memory. What is appended is there at once, and nothing waits but for new entries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.log.memory.topics import Topics
from commands.log import topics
from commands.ports.log import Entry, Fenced, LogError, Output, Position, Stored

PAGE = 500


class MemoryLog:
    """A log opened on `Topics`. To close it leaves them, so that another one can be opened: a restart."""

    def __init__(self, stored: Topics) -> None:
        self._topics = stored
        self._closed = False
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._consumers: dict[str, MemoryConsumer] = {}

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        """Raises what the port raises, and `ValueError` for entries that can't be stored."""
        return self.write([(topic, entry) for entry in entries])

    async def append_all(self, outputs: Sequence[Output]) -> None:
        """Raises what `append` raises."""
        self.write(outputs)

    async def read(self, topic: str, partition: int, after: int = 0, limit: int = 1000) -> Sequence[Stored]:
        if not 0 <= partition < self._topics.partitions:
            raise ValueError(f"partition: {partition} is not one of {self._topics.partitions}")
        self._check_open()
        others = dict.fromkeys(range(self._topics.partitions), self._topics.of(topic).last)
        return self._topics.of(topic).after(others | {partition: after}, limit)

    async def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        """Pages of all partitions in the order of offsets, until the log is closed. Tables have their present rows."""
        read = dict(after)
        while not self._closed:
            if page := self._topics.of(topic).after(read, PAGE):
                read.update((stored.position.partition, stored.position.offset) for stored in page)
                yield page
            else:
                await self.changed(topic)

    async def table(self, topic: str) -> Mapping[str, bytes]:
        if not topics.is_table(topic):
            raise ValueError(f"topic: {topic} is no table")
        self._check_open()
        return {key: stored.body for key, stored in self._topics.of(topic).latest.items()}

    async def ends(self, topic: str) -> Mapping[int, int]:
        self._check_open()
        return self._topics.of(topic).ends()

    async def consumed(self, processor: str) -> Mapping[int, int]:
        self._check_open()
        return dict(self._topics.consumed[processor])

    def partitions(self, topic: str) -> int:
        return self._topics.partitions

    def consumer(self, processor: str) -> MemoryConsumer:
        """A consumer that replaces any other one of `processor`, at once."""
        consumer = MemoryConsumer(self, self._topics, processor)
        self._consumers[processor] = consumer
        return consumer

    async def close(self) -> None:
        """Close the log: waiting polls return empty batches, and tails end."""
        self._closed = True
        for topic in tuple(self._waiting):
            self.wake(topic)

    @property
    def closed(self) -> bool:
        return self._closed

    def owns(self, processor: str, consumer: MemoryConsumer) -> bool:
        """Whether this consumer is the present one of its processor."""
        return self._consumers[processor] is consumer

    def write(self, outputs: Sequence[Output]) -> list[Position]:
        """Append to several topics, all or none. Raises `LogError`, `ValueError`."""
        self._check_open()
        positions = self._topics.add_all(outputs)
        for topic in dict.fromkeys(topic for topic, _ in outputs):
            self.wake(topic)
        return positions

    async def changed(self, topic: str) -> None:
        """Return when something is appended to a topic after this call, or the log is closed."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, []).append(waiter)
        await waiter

    def wake(self, topic: str) -> None:
        """Let all calls of `changed` return."""
        for waiter in self._waiting.pop(topic, ()):
            if not waiter.done():
                waiter.set_result(None)

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("the log is closed")


@dataclass(frozen=True, slots=True)
class MemoryBatch:
    """Inputs after `start`. `poll` returns them again until they are committed."""

    consumer: MemoryConsumer
    records: Sequence[Stored]
    start: Mapping[int, int]
    reassigned: bool = False

    async def commit(self, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Raises `Fenced`, `LogError`, and `ValueError` for outputs that can't be stored."""
        self.consumer.commit(self, outputs, states)


class MemoryConsumer:
    """One batch at a time: polled, committed, and only then the next. It owns all partitions."""

    def __init__(self, log: MemoryLog, stored: Topics, processor: str) -> None:
        self._log = log
        self._topics = stored
        self._processor = processor
        self._inputs = topics.inputs(processor)
        self._closed = False

    async def states(self) -> Mapping[str, bytes]:
        return await self._log.table(topics.states(self._processor))

    async def positions(self) -> Mapping[int, int]:
        return await self._log.consumed(self._processor)

    def caught_up(self) -> bool:
        return not self._next(1)

    async def poll(self, limit: int = 500) -> MemoryBatch:
        while not (self._closed or self._log.closed):
            if records := self._next(limit):
                return MemoryBatch(self, records, dict(self._consumed))
            await self._log.changed(self._inputs)
        return MemoryBatch(self, [], dict(self._consumed))

    def commit(self, batch: MemoryBatch, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Commit a batch of this consumer, see `MemoryBatch.commit`."""
        if not self._log.owns(self._processor, self):
            raise Fenced(f"{self._processor}: another consumer took over; nothing of this batch was written")
        if batch.start != self._consumed:
            raise LogError(f"{self._processor}: this batch, or another from the same position, is committed already")
        topic = topics.states(self._processor)
        self._log.write([*outputs, *((topic, Entry(stream, body)) for stream, body in states.items())])
        self._consumed.update((stored.position.partition, stored.position.offset) for stored in batch.records)

    async def close(self) -> None:
        self._closed = True
        self._log.wake(self._inputs)

    @property
    def _consumed(self) -> dict[int, int]:
        return self._topics.consumed[self._processor]

    def _next(self, limit: int) -> list[Stored]:
        return self._topics.of(self._inputs).after(self._consumed, limit)
