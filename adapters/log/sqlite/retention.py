"""Retention of inputs in the log of one machine. Brokers delete them by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.record_header import read_header
from commands.ports.clock import Clock

EVERY_MS = 3_600_000
DAY_MS = 24 * EVERY_MS
SecondReader = Callable[[str], Awaitable[Mapping[int, int] | None]]
"""The position of the second reader of a topic, by partition; None: it has no second reader."""


class Retention:
    """Deletes inputs after the retention of their topic, unless one of its readers has not consumed them.

    The readers are its processor and, as the `second_reader`, the time series.
    """

    def __init__(self, log: SqliteLog, clock: Clock, second_reader: SecondReader) -> None:
        self.log = log
        self.clock = clock
        self.second_reader = second_reader

    async def run(self) -> None:
        """Delete at once, and then every hour. Raises `LogError`."""
        while True:
            now_ms = self.clock.now_ms()
            for processor in topics.PROCESSORS:
                days = topics.retention_days(topics.inputs(processor))
                if days is not None:
                    await self._delete(processor, now_ms - days * DAY_MS)
            await self.clock.sleep_until(now_ms + EVERY_MS)

    async def _delete(self, processor: str, before_ms: int) -> None:
        topic = topics.inputs(processor)
        for partition, consumed in (await self._consumed(processor)).items():
            last = await self._last_old(topic, partition, consumed, before_ms)
            if last is not None:
                await self.log.trim(topic, {partition: last + 1})

    async def _last_old(self, topic: str, partition: int, consumed: int, before_ms: int) -> int | None:
        """The offset of the last record that is old enough and consumed by all; None: none is."""
        last = None
        while page := await self.log.read(topic, partition, last or 0):
            for stored in page:
                if stored.position.offset > consumed or read_header(stored.body).time >= before_ms:
                    return last
                last = stored.position.offset
        return last

    async def _consumed(self, processor: str) -> Mapping[int, int]:
        """The position that all readers of the processor's inputs have reached, by partition."""
        consumed = await self.log.consumed(processor)
        second = await self.second_reader(topics.inputs(processor))
        if second is None:
            return consumed
        return {partition: min(offset, second.get(partition, 0)) for partition, offset in consumed.items()}
