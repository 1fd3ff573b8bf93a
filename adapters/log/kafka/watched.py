"""The log on Kafka with its work under way, for a simulation that waits until all is quiet."""

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
    """Counts appends under way, and notes the positions of its followers."""

    def __init__(self, settings: KafkaSettings, names: Names, admin: AdminClient) -> None:
        super().__init__(settings, names, admin)
        self._appending = 0
        self._followers: list[tuple[str, dict[int, int]]] = []
        self._changed = asyncio.Event()

    def idle(self) -> bool:
        """Whether no append is under way; commits of consumers do not count."""
        return self._appending == 0

    def written(self) -> Ends:
        """The last positions that this process has written, of each topic that has followers."""
        return {topic: self.known_ends(topic) for topic in FOLLOWED if self.known_ends(topic)}

    def has_delivered(self, ends: Ends) -> bool:
        """Whether all records up to `ends` have been delivered to the followers of this process."""
        return all(is_past(reached, ends.get(topic, {})) for topic, reached in self._followers)

    async def committed(self) -> Ends:
        """The committed positions of this process's consumers, of the partitions that they own."""
        return {topics.inputs(name): await one.positions() for name, one in self._consumers.items()}

    async def has_decided(self, ends: Ends) -> bool:
        """Whether this process's consumers have committed all inputs up to `ends` of the partitions that they own."""
        return all(
            offset >= ends.get(topic, {}).get(partition, 0)
            for topic, owned in (await self.committed()).items()
            for partition, offset in owned.items()
        )

    async def moved(self, timeout_s: float) -> None:
        """Return when any of this has changed, or after `timeout_s`."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()

    def learn(self, written: Iterable[tuple[str, Position]]) -> None:
        super().learn(written)
        self._changed.set()

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
            self._changed.set()

    def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        return self._watched(topic, dict(after))

    async def _watched(self, topic: str, reached: dict[int, int]) -> AsyncIterator[Sequence[Stored]]:
        follower = (topic, reached)
        self._followers.append(follower)

        def advance(ends: Mapping[int, int]) -> None:
            reached.update(ends)
            self._changed.set()

        try:
            async for page in tail(self.settings, self.names, topic, dict(reached), lambda: self.closed, advance):
                yield page
        finally:
            self._followers.remove(follower)


def behind(ends: Ends, committed: Sequence[Ends]) -> bool:
    """Whether an input up to `ends` is not committed yet by the owner of its partition."""
    return any(
        all(one.get(topic, {}).get(partition, -1) < end for one in committed)
        for topic, known in ends.items()
        if topic.endswith(".inputs")
        for partition, end in known.items()
    )
