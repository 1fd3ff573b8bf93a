"""The log of one machine forgets inputs once their days are over; brokers do it by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.log.sqlite.log import SqliteLog
from adapters.timeseries.keeping import TELLINGS
from adapters.timeseries.worker import DAY_MS, patiently
from commands.log import topics
from commands.log.record_header import head
from commands.ports.clock import Clock
from commands.ports.series import TimeSeries

EVERY_MS = 3_600_000


class Retention:
    """Deletes inputs that are older than their topic is kept, but none that somebody has not consumed."""

    def __init__(self, log: SqliteLog, series: TimeSeries, clock: Clock) -> None:
        self.log = log
        self.series = series
        self.clock = clock

    async def run(self) -> None:
        """At once, and every hour. Raises what the log raises."""
        while True:
            now_ms = self.clock.now_ms()
            for processor in topics.PROCESSORS:
                days = topics.kept_days(topics.inputs(processor))
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
                if stored.position.offset > consumed or head(stored.body).time >= before_ms:
                    return last
                last = stored.position.offset
        return last

    async def _consumed(self, processor: str) -> Mapping[int, int]:
        """How far the processor has come in each partition, and the time series where they are told of it."""
        consumed = dict(await self.log.consumed(processor))
        topic = topics.inputs(processor)
        if any(telling.topic == topic for telling in TELLINGS):
            kept = await patiently(self.series.consumed)(topic)
            consumed = {partition: min(offset, kept.get(partition, 0)) for partition, offset in consumed.items()}
        return consumed
