"""The log of one machine forgets inputs once their days are over; brokers do it by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.record_header import read_header
from commands.ports.clock import Clock

EVERY_MS = 3_600_000
DAY_MS = 24 * EVERY_MS
SecondReader = Callable[[str], Awaitable[Mapping[int, int] | None]]
"""How far the second reader of a topic has come in each partition; None: the topic has no second reader."""


class Retention:
    """Deletes inputs that are older than their topic's retention, but none that one of its readers has not consumed.

    Each topic is read by its processor; `second_reader` is asked how far the time series have read it.
    """

    def __init__(self, log: SqliteLog, clock: Clock, second_reader: SecondReader) -> None:
        self.log = log
        self.clock = clock
        self.second_reader = second_reader

    async def run(self) -> None:
        """At once, and every hour. Raises what the log raises."""
        while True:
            now_ms = self.clock.now_ms()
            for processor in topics.PROCESSORS:
                days = topics.retention_days(topics.inputs(processor))
                if days is not None:
                    await self._forget(processor, now_ms - days * DAY_MS)
            await self.clock.sleep_until(now_ms + EVERY_MS)

    async def _forget(self, processor: str, before_ms: int) -> None:
        topic = topics.inputs(processor)
        for partition, consumed in (await self._consumed(processor)).items():
            last = await self._last_old(topic, partition, consumed, before_ms)
            if last is not None:
                await self.log.trim(topic, {partition: last + 1})

    async def _last_old(self, topic: str, partition: int, consumed: int, before_ms: int) -> int | None:
        """The offset of the last of the first records that are old enough, and consumed by all; None: none is."""
        last = None
        while page := await self.log.read(topic, partition, last or 0):
            for stored in page:
                if stored.position.offset > consumed or read_header(stored.body).time >= before_ms:
                    return last
                last = stored.position.offset
        return last

    async def _consumed(self, processor: str) -> Mapping[int, int]:
        """How far all readers of the processor's inputs have come in each partition."""
        consumed = await self.log.consumed(processor)
        second = await self.second_reader(topics.inputs(processor))
        if second is None:
            return consumed
        return {partition: min(offset, second.get(partition, 0)) for partition, offset in consumed.items()}
