"""The workers: every reading and meter value once, wherever they are stopped, and none longer than it is to be kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.time.clock import SimulatedClock
from adapters.timeseries.sqlite import SqliteSeries
from adapters.timeseries.worker import (
    METER_VALUES_RETENTION_MS,
    PRUNED_EVERY_MS,
    READINGS_RETENTION_MS,
    Pruner,
    SeriesWriter,
    workers,
)
from commands.log.codec import entry
from commands.log.topics import inputs
from commands.ports.log import Stored
from commands.ports.series import SeriesUnavailable
from domain.records import Payload, Record, input_record
from domain.records.observations import Metered, Reading
from domain.records.time import TimerDue

NOW_MS = 1_790_000_000_000
ALWAYS = (0, 1 << 50)
SITES = ("load:north", "load:south", "load:east", "load:west")


def reading(vehicle_id: str = "v1", **told) -> Reading:
    told = {"observed_ms": NOW_MS - 5_000, "level_permille": 805} | told
    return Reading(vehicle_id=vehicle_id, source="integration", enterprise_id=None, **told)


def metered(charger_id: str = "c1", **told) -> Metered:
    told = {
        "evse_id": 1,
        "transaction_id": "7",
        "charger_time_ms": NOW_MS - 2_000,
        "current_ma": (16_000, 0, 0),
        "power_w": 3_680,
        "energy_wh": 100,
        "fresh": True,
    } | told
    return Metered(charger_id=charger_id, **told)


def record(record_id: str, stream: str, said: Payload, time_ms: int = NOW_MS) -> Record:
    return input_record(record_id, "/test", stream, time_ms, said, actor="t")


async def append(log: SqliteLog, *records: Record) -> None:
    for one in records:
        await log.append(inputs(one.stream.partition(":")[0]), [entry(one)])


@contextmanager
def opened(folder: Path) -> Iterator[SqliteSeries]:
    series = SqliteSeries.open(folder)
    try:
        yield series
    finally:
        series.close()


@pytest.fixture
async def log(tmp_path: Path):
    log = SqliteLog.open(tmp_path / "log")
    yield log
    await log.close()


@pytest.fixture
def series(tmp_path: Path):
    with opened(tmp_path) as series:
        yield series


def writers(log: SqliteLog, series: SqliteSeries) -> Sequence[SeriesWriter]:
    return [worker for worker in workers(log, series, SimulatedClock(NOW_MS)) if isinstance(worker, SeriesWriter)]


async def work(log: SqliteLog, series: SqliteSeries) -> None:
    """Let the workers run until all is quiet: the log knows when those who follow it are done."""
    tasks = [asyncio.create_task(writer.run()) for writer in writers(log, series)]
    try:
        async with asyncio.timeout(10):
            while len(log._followers) < len(tasks) or not log.quiet():
                await asyncio.sleep(0)
                for task in tasks:
                    if task.done():
                        task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def told(series: SqliteSeries, vehicle_id: str = "v1") -> dict[str, object]:
    return {event.type: event.value for event in await series.telemetry(vehicle_id, None, *ALWAYS, 1000)}


async def test_every_value_of_a_reading_is_kept_in_the_units_that_people_use(log, series):
    said = reading(
        level_permille=805,
        range_m=210_300,
        plugged_in=False,
        mission_active=True,
        location_zone="u09tv",
        location_observed_ms=NOW_MS - 60_000,
    )
    await append(log, record("r1", "vehicles:v1", said))
    await work(log, series)
    assert await told(series) == {
        "soc": 80.5,
        "range_km": 210.3,
        "plugged_in": False,
        "mission_active": True,
        "location_zone": "u09tv",
    }
    events = await series.telemetry("v1", None, *ALWAYS, 10)
    assert {event.observed_ms for event in events if event.type != "location_zone"} == {NOW_MS - 5_000}
    [zone] = await series.telemetry("v1", "location_zone", *ALWAYS, 10)
    assert (zone.observed_ms, zone.received_ms, zone.source) == (NOW_MS - 60_000, NOW_MS, "integration")


async def test_what_a_reading_does_not_say_is_no_value(log, series):
    await append(log, record("r1", "vehicles:v1", reading(level_permille=0)))
    await work(log, series)
    assert await told(series) == {"soc": 0.0}


async def test_a_live_meter_value_is_of_our_time_and_one_that_waited_of_the_chargers(log, series):
    old = metered(charger_time_ms=NOW_MS - 600_000, fresh=False)
    ahead = metered(charger_time_ms=NOW_MS + 600_000, fresh=False)
    said = [record("m1", "load:north", metered()), record("m2", "load:north", old), record("m3", "load:north", ahead)]
    await append(log, *said)
    await work(log, series)
    found = {value.id: value for value in await series.meter_values("north", *ALWAYS)}
    assert {name: value.time_ms for name, value in found.items()} == {
        "m1": NOW_MS,
        "m2": NOW_MS - 600_000,
        "m3": NOW_MS,
    }
    assert (found["m1"].power_w, found["m1"].current_ma, found["m1"].transaction_id) == (3_680, (16_000, 0, 0), "7")


async def test_a_repeat_is_kept_once_wherever_it_is_on_the_log(log, series):
    await append(log, *[record("r1", "vehicles:v1", reading())] * 2, *[record("m1", "load:north", metered())] * 2)
    await work(log, series)
    assert len(await series.telemetry("v1", None, *ALWAYS, 10)) == 1
    assert len(await series.meter_values("north", *ALWAYS)) == 1


async def test_readings_out_of_order_come_in_order(log, series):
    for number in (3, 1, 2):
        said = reading(observed_ms=NOW_MS - 10 + number, level_permille=number * 10)
        await append(log, record(f"r{number}", "vehicles:v1", said))
    await work(log, series)
    assert [event.value for event in await series.telemetry("v1", "soc", *ALWAYS, 10)] == [3.0, 2.0, 1.0]


async def test_other_inputs_are_passed_over(log, series):
    await append(log, record("t1", "load:north", TimerDue(name="tick", due_ms=NOW_MS)))
    await work(log, series)
    assert await series.consumed("load.inputs") == {}
    await append(log, record("m1", "load:north", metered()), record("t2", "load:north", TimerDue(name="t", due_ms=1)))
    await work(log, series)
    assert [value.id for value in await series.meter_values("north", *ALWAYS)] == ["m1"]


class Stopped(Exception):
    """The process ends here."""


class Mortal(SqliteSeries):
    """Series whose process ends around a batch: before it was written, or right after."""

    lives = 0
    before = True

    async def write(self, topic, after, rows):
        self.lives -= 1
        if self.lives < 0 and self.before:
            raise Stopped
        await super().write(topic, after, rows)
        if self.lives < 0:
            raise Stopped


@pytest.mark.parametrize("before", [True, False])
async def test_stopped_at_any_batch_nothing_is_lost_or_doubled(log, tmp_path, before):
    count = 12
    for number in range(count):
        said = record(f"m{number:02}", SITES[number % 4], metered(f"c{number % 4}"), NOW_MS + number)
        await append(log, said, record(f"r{number:02}", f"vehicles:v{number % 3}", reading(observed_ms=number)))
    pages = {topic: [[stored] for stored in await all_of(log, topic)] for topic in ("load.inputs", "vehicles.inputs")}
    for lives in range(count):
        folder = tmp_path / f"{before}-{lives}"
        folder.mkdir()
        with opened(folder) as series:
            dying = Mortal(series._database)
            dying.lives, dying.before = lives, before
            for writer in writers(log, dying):
                dying.lives = lives
                with pytest.raises(Stopped):
                    await keep_all(writer, pages[writer.topic])
        with opened(folder) as series:
            await work(log, series)
            found = [value.id for site in SITES for value in await series.meter_values(site[5:], *ALWAYS)]
            assert sorted(found) == [f"m{number:02}" for number in range(count)]
            events = [event for car in ("v0", "v1", "v2") for event in await series.telemetry(car, None, *ALWAYS, 100)]
            assert sorted(event.observed_ms for event in events) == list(range(count))


async def keep_all(writer: SeriesWriter, pages: Sequence[Sequence[Stored]]) -> None:
    for page in pages:
        await writer.write(page)


async def all_of(log: SqliteLog, topic: str) -> list[Stored]:
    return [stored for partition in range(log.partitions(topic)) for stored in await log.read(topic, partition)]


async def test_after_a_restart_it_goes_on_behind_what_was_kept(log, series):
    await append(log, record("m1", "load:north", metered()))
    await work(log, series)
    await series.prune(received_before_ms=0, metered_before_ms=NOW_MS + 1, buckets_before_ms={})
    await append(log, record("m2", "load:north", metered()))
    await work(log, series)
    assert [value.id for value in await series.meter_values("north", *ALWAYS)] == ["m2"]


async def test_lost_series_are_filled_again_from_the_log(log, tmp_path):
    await append(log, record("m1", "load:north", metered()), record("r1", "vehicles:v1", reading()))
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        with opened(folder) as series:
            await work(log, series)
            assert len(await series.meter_values("north", *ALWAYS)) == 1
            assert await told(series) == {"soc": 80.5}


async def test_it_follows_the_log_until_that_closes(tmp_path, series):
    log = SqliteLog.open(tmp_path / "other")
    running = [asyncio.create_task(writer.run()) for writer in writers(log, series)]
    await append(log, record("r1", "vehicles:v1", reading()))
    async with asyncio.timeout(10):
        while not await told(series):
            await asyncio.sleep(0)
        await log.close()
        assert await asyncio.gather(*running) == [None] * len(running)


class Away(SqliteSeries):
    """Series that are away until they were asked a few times."""

    refusals = 3

    def _ask(self):
        self.refusals -= 1
        if self.refusals >= 0:
            raise SeriesUnavailable("away")

    async def consumed(self, topic):
        self._ask()
        return await super().consumed(topic)

    async def write(self, topic, after, rows):
        self._ask()
        await super().write(topic, after, rows)


async def test_while_the_series_are_away_it_waits(tmp_path, series, monkeypatch):
    monkeypatch.setattr("adapters.timeseries.worker.RETRY_AT_MOST_EVERY_S", 0)
    log, away = SqliteLog.open(tmp_path / "other"), Away(series._database)
    (writer, _) = writers(log, away)
    running = asyncio.create_task(writer.run())
    async with asyncio.timeout(10):
        while away.refusals > 0:
            await asyncio.sleep(0)
        away.refusals = 2
        await append(log, record("r1", "vehicles:v1", reading()))
        while not await told(series):
            await asyncio.sleep(0)
        await log.close()
        await running
    assert away.refusals < 0


async def test_what_is_older_than_it_is_kept_is_forgotten_at_the_start_and_every_hour(log, series):
    clock = SimulatedClock(NOW_MS)
    said = [
        record("r1", "vehicles:v1", reading(level_permille=1), NOW_MS - READINGS_RETENTION_MS - 1),
        record("r2", "vehicles:v2", reading("v2", level_permille=20), NOW_MS - READINGS_RETENTION_MS),
        record("m1", "load:north", metered(), NOW_MS - METER_VALUES_RETENTION_MS - 1),
        record("m2", "load:north", metered(), NOW_MS - METER_VALUES_RETENTION_MS),
    ]
    await append(log, *said)
    await work(log, series)
    pruning = asyncio.create_task(Pruner(series, clock).run())
    try:
        async with asyncio.timeout(10):
            while clock.next_due() is None:
                await asyncio.sleep(0)
            assert (await told(series), await told(series, "v2")) == ({}, {"soc": 2.0})
            assert [value.id for value in await series.meter_values("north", *ALWAYS)] == ["m2"]
            clock.advance_to(NOW_MS + PRUNED_EVERY_MS)
            while await told(series, "v2"):
                await asyncio.sleep(0)
        assert await series.meter_values("north", *ALWAYS) == []
    finally:
        pruning.cancel()
        await asyncio.gather(pruning, return_exceptions=True)
