"""Inputs are forgotten when their days are over, and never before everybody has consumed them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.retention import DAY_MS, Retention
from adapters.time.clock import SimulatedClock
from adapters.timeseries.sqlite import SqliteSeries
from adapters.timeseries.worker import consumed
from commands.log import topics
from commands.log.codec import decode, entry
from domain.records import Payload, input_record
from domain.records.observations import Reading
from domain.records.time import StreamUnparked

NOW_MS = 100 * DAY_MS
TOLD = StreamUnparked()
READING = Reading(vehicle_id="v", source="driver", enterprise_id=None, observed_ms=1, level_permille=500)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path)
    yield log
    await log.close()


@pytest.fixture
def series(tmp_path: Path) -> Iterator[SqliteSeries]:
    series = SqliteSeries.open(tmp_path)
    yield series
    series.close()


async def append(log: SqliteLog, processor: str, *days: float, data: Payload = TOLD) -> None:
    """Inputs of one stream, each told so many days ago."""
    stream = f"{processor}:x"
    await log.append(
        topics.inputs(processor),
        [
            entry(input_record(f"{day}", "/test", stream, round(NOW_MS - day * DAY_MS), data, actor="test"))
            for day in days
        ],
    )


async def consume(log: SqliteLog, processor: str, limit: int = 100) -> None:
    await (await log.consumer(processor).poll(limit)).commit([], {})


async def days_left(log: SqliteLog, processor: str) -> list[float]:
    partition = topics.partition_of(f"{processor}:x", log.partitions(topics.EVENTS))
    page = await log.read(topics.inputs(processor), partition)
    return [float(decode(stored.body).id) for stored in page]


@asynccontextmanager
async def forgetting(log: SqliteLog, series: SqliteSeries, clock: SimulatedClock) -> AsyncIterator[None]:
    running = asyncio.create_task(Retention(log, clock, partial(consumed, series)).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(log: SqliteLog, processor: str, expected: list[float]) -> None:
    async with asyncio.timeout(10):
        while await days_left(log, processor) != expected:
            await asyncio.sleep(0.01)


async def test_inputs_go_after_30_days_and_a_day_later_the_next(log: SqliteLog, series: SqliteSeries) -> None:
    await append(log, "sites", 40, 30.01, 29.5, 1)
    await consume(log, "sites")
    clock = SimulatedClock(NOW_MS)
    async with forgetting(log, series, clock):
        await until(log, "sites", [29.5, 1])
        clock.advance_to(NOW_MS + DAY_MS)
        await until(log, "sites", [1])
    assert await days_left(log, "sites") == [1]


async def test_where_a_car_was_is_forgotten_after_7_days(log: SqliteLog, series: SqliteSeries) -> None:
    await append(log, "vehicles", 8, 6, data=READING)
    await consume(log, "vehicles")
    partition = topics.partition_of("vehicles:x", log.partitions(topics.EVENTS))
    await series.write(topics.inputs("vehicles"), {partition: 2}, [])
    async with forgetting(log, series, SimulatedClock(NOW_MS)):
        await until(log, "vehicles", [6])
    assert await days_left(log, "vehicles") == [6]


async def test_what_a_processor_has_not_consumed_stays(log: SqliteLog, series: SqliteSeries) -> None:
    await append(log, "sites", 50, 49, 48)
    await append(log, "registry", 50)
    await consume(log, "sites", limit=2)
    async with forgetting(log, series, SimulatedClock(NOW_MS)):
        await until(log, "sites", [48])
    assert await days_left(log, "registry") == [50]


async def test_what_the_time_series_do_not_have_stays(log: SqliteLog, series: SqliteSeries) -> None:
    await append(log, "vehicles", 50, data=READING)
    await append(log, "sites", 50)
    await consume(log, "vehicles")
    await consume(log, "sites")
    async with forgetting(log, series, SimulatedClock(NOW_MS)):
        await until(log, "sites", [])  # which are looked at later
    assert await days_left(log, "vehicles") == [50]


async def test_events_are_kept_for_ever(log: SqliteLog, series: SqliteSeries) -> None:
    old = entry(input_record("e", "/test", "sites:x", 0, StreamUnparked(), actor="test"))
    await log.append(topics.EVENTS, [old])
    await append(log, "sites", 50)
    await consume(log, "sites")
    async with forgetting(log, series, SimulatedClock(NOW_MS)):
        await until(log, "sites", [])
    partition = topics.partition_of("sites:x", log.partitions(topics.EVENTS))
    assert len(await log.read(topics.EVENTS, partition)) == 1
