"""Embedded tasks of the time series: writing the inputs, and pruning after the retention."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

import stamina

from adapters.timeseries.sources import SOURCES, SeriesSource, write_page
from commands.ports.clock import Clock
from commands.ports.log import Log, Stored
from commands.ports.series import SeriesUnavailable, TimeSeries
from domain.series.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS

DAY_MS = 24 * 3_600_000
READINGS_RETENTION_MS = 7 * DAY_MS
"""As long as `vehicles.inputs`, so that the location of a car is deleted together with its record."""
METER_VALUES_RETENTION_MS = 30 * DAY_MS
BUCKETS_RETENTION_MS = {MINUTE_MS: 90 * DAY_MS, QUARTER_MS: 366 * DAY_MS, HOUR_MS: 5 * 366 * DAY_MS}
PRUNED_EVERY_MS = 3_600_000
RETRY_AT_MOST_EVERY_S = 5
AT_ONCE = 100
"""Inputs that are written in one go: an embedded database blocks its process meanwhile."""

P = ParamSpec("P")
T = TypeVar("T")


class SeriesWriter:
    """Tails the inputs of a processor and writes the rows of one type of them, each exactly once."""

    def __init__(self, log: Log, series: TimeSeries, source: SeriesSource) -> None:
        self.log = log
        self.series = series
        self.topic = source.topic
        self._source = source

    async def run(self) -> None:
        """Follow the inputs from the stored position until the log is closed. Waits for unavailable series."""
        position = await patiently(self.series.consumed)(self.topic)
        async for page in self.log.tail(self.topic, position):
            for begin in range(0, len(page), AT_ONCE):
                await patiently(self.write)(page[begin : begin + AT_ONCE])
                await asyncio.sleep(0)

    async def write(self, page: Sequence[Stored]) -> None:
        """Write the rows of a page. Raises `LogDamaged`: nobody else writes an embedded log."""
        await write_page(
            self.series, self.topic, page, [row for stored in page for row in self._source.rows_of(stored)]
        )


def patiently(work: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """`work`, repeated while the series are unavailable: the inputs stay on the log."""
    again = stamina.retry(on=SeriesUnavailable, attempts=None, timeout=None, wait_max=RETRY_AT_MOST_EVERY_S)
    return again(work)


async def consumed(series: TimeSeries, topic: str) -> Mapping[int, int] | None:
    """The position of the series on a topic; None: they do not read it. Waits while they are unavailable."""
    if all(source.topic != topic for source in SOURCES):
        return None
    return await patiently(series.consumed)(topic)


class Pruner:
    """Prunes the series after their retention."""

    def __init__(self, series: TimeSeries, clock: Clock) -> None:
        self.series = series
        self.clock = clock

    async def run(self) -> None:
        """Prune at once, and then every hour."""
        while True:
            now_ms = self.clock.now_ms()
            await patiently(self.series.prune)(
                received_before_ms=now_ms - READINGS_RETENTION_MS,
                metered_before_ms=now_ms - METER_VALUES_RETENTION_MS,
                buckets_before_ms={width_ms: now_ms - kept_ms for width_ms, kept_ms in BUCKETS_RETENTION_MS.items()},
            )
            await self.clock.sleep_until(now_ms + PRUNED_EVERY_MS)


def workers(log: Log, series: TimeSeries, clock: Clock) -> Sequence[SeriesWriter | Pruner]:
    """All workers of the series; each has a `run`."""
    return (
        *(SeriesWriter(log, series, source) for source in SOURCES),
        Pruner(series, clock),
    )
