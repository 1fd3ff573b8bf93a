"""The log on Kafka, and what this process has under way on it: a simulation goes on only when all is quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.names import Names
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.tail import tail
from commands.log import topics
from commands.log.positions import is_past
from commands.ports.log import Entry, Output, Position, Stored

Ends = Mapping[str, Mapping[int, int]]
"""Topic -> partition -> offset."""
FOLLOWED = (topics.EVENTS, topics.DESIRED, topics.TIMERS, *map(topics.inputs, topics.PROCESSORS))


class WatchedKafkaLog(KafkaLog):
    """Counts what is being written, and knows how far each of its readers has come."""

    def __init__(self, settings: KafkaSettings, names: Names, admin: AdminClient) -> None:
        super().__init__(settings, names, admin)
        self._appending = 0
        self._followers: list[tuple[str, dict[int, int]]] = []
        self._stirred = asyncio.Event()

    def idle(self) -> bool:
        """Whether nothing is on its way to the brokers but what consumers commit."""
        return self._appending == 0

    def written(self) -> Ends:
        """Up to where this process has written each topic that anybody follows."""
        return {topic: self.known_ends(topic) for topic in FOLLOWED if self.known_ends(topic)}

    def has_delivered(self, ends: Ends) -> bool:
        """Whether all who follow topics here have taken all that was written up to `ends`."""
        return all(is_past(reached, ends.get(topic, {})) for topic, reached in self._followers)

    async def committed(self) -> Ends:
        """How far the consumers of this process have committed the partitions that they own."""
        return {topics.inputs(name): await one.positions() for name, one in self._consumers.items()}

    async def has_decided(self, ends: Ends) -> bool:
        """Whether the consumers of this process have committed, of the partitions that they own, all up to `ends`."""
        return all(
            offset >= ends.get(topic, {}).get(partition, 0)
            for topic, owned in (await self.committed()).items()
            for partition, offset in owned.items()
        )

    async def moved(self, timeout_s: float) -> None:
        """Return when something of the above has changed, or after `timeout_s`."""
        self._stirred.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._stirred.wait()

    def learn(self, written: Iterable[tuple[str, Position]]) -> None:
        super().learn(written)
        self._stirred.set()

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        with self._under_way():
            return await super().append(topic, entries)

    async def append_all(self, outputs: Sequence[Output]) -> None:
        with self._under_way():
            await super().append_all(outputs)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._appending += 1
        try:
            yield
        finally:
            self._appending -= 1
            self._stirred.set()

    def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        return self._watched(topic, dict(after))

    async def _watched(self, topic: str, reached: dict[int, int]) -> AsyncIterator[Sequence[Stored]]:
        seat = (topic, reached)
        self._followers.append(seat)

        def take(come: Mapping[int, int]) -> None:
            reached.update(come)
            self._stirred.set()

        try:
            async for page in tail(self.settings, self.names, topic, dict(reached), lambda: self.closed, take):
                yield page
        finally:
            self._followers.remove(seat)


def behind(ends: Ends, committed: Sequence[Ends]) -> bool:
    """Whether a processor's input up to `ends` is not committed yet by whoever owns its partition."""
    return any(
        all(one.get(topic, {}).get(partition, -1) < end for one in committed)
        for topic, known in ends.items()
        if topic.endswith(".inputs")
        for partition, end in known.items()
    )
