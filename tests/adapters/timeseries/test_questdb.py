"""What only a server has: it may be away, refuse, or be killed. The rest is in the contract of all time series."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from adapters.timeseries import connections
from adapters.timeseries.questdb import QuestDbSeries
from adapters.timeseries.questdb_tables import ID_TYPE, NUMBERED
from commands.ports.series import MeterValue, SeriesUnavailable, TelemetryEvent
from services.base.addresses import lasting_ports
from services.local.questdb import QuestDb
from tests.questdb import own_questdb, questdb_url

__all__ = ["own_questdb", "questdb_url"]

READINGS, METERED = "vehicles.inputs", "load.inputs"
DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000
EVENT = TelemetryEvent("e1", "v1", "soc", 80.5, NOW_MS - 5_000, NOW_MS, "integration")
VALUE = MeterValue("m1", "c1", "north", NOW_MS, None, 7_245, None, None, True)
ALWAYS = (0, 1 << 50)
MANY = 100_000
CARS, PAGES, PAGE = 3, 25, 20
ACKNOWLEDGED_AT_KILL = 12


@pytest.fixture
def prefix() -> str:
    """Of the tables of one test."""
    return f"t{uuid4().hex[:8]}_"


@pytest.fixture
def series(questdb_url: str, prefix: str) -> Iterator[QuestDbSeries]:
    opened = QuestDbSeries.open(questdb_url, prefix)
    yield opened
    opened.close()


def page(car: int, number: int) -> Sequence[TelemetryEvent]:
    """A page of readings of a car, each of another time."""
    firsts = range(number * PAGE, (number + 1) * PAGE)
    times_ms = [NOW_MS + at * 1_000 for at in firsts]
    return [
        replace(EVENT, id=f"{car}-{at_ms}", vehicle_id=f"v{car}", observed_ms=at_ms, received_ms=at_ms)
        for at_ms in times_ms
    ]


async def ids(series: QuestDbSeries, car: int) -> Counter[str]:
    return Counter(event.id for event in await series.telemetry(f"v{car}", None, *ALWAYS, MANY))


async def test_killed_under_load_every_acknowledged_reading_is_there_once(own_questdb: QuestDb) -> None:
    """Given writers of three partitions; when the server is killed twice while they write, and started again;
    then what was acknowledged is there once, and who goes on from the positions loses and doubles nothing."""
    series = QuestDbSeries.open(own_questdb.url)
    acknowledged: Counter[int] = Counter()
    for kills in (1, 2):
        enough = asyncio.Event()

        async def write(car: int, kills: int = kills, enough: asyncio.Event = enough) -> None:
            done = (await series.consumed(READINGS)).get(car, 0)
            for number in range(done, PAGES):
                await series.write(READINGS, {car: number + 1}, page(car, number))
                acknowledged[car] = number + 1
                if acknowledged.total() >= kills * ACKNOWLEDGED_AT_KILL:
                    enough.set()

        writing = [asyncio.create_task(write(car)) for car in range(CARS)]
        async with asyncio.timeout(60):
            await enough.wait()
        own_questdb.kill()
        ended = await asyncio.gather(*writing, return_exceptions=True)
        assert all(isinstance(end, SeriesUnavailable) for end in ended), ended
        own_questdb.start()
        places = await series.consumed(READINGS)
        for car in range(CARS):
            assert places.get(car, 0) >= acknowledged[car]
            found = await ids(series, car)
            told = {event.id for number in range(acknowledged[car]) for event in page(car, number)}
            assert told <= found.keys()
            assert set(found.values()) <= {1}
    for car in range(CARS):
        for number in range((await series.consumed(READINGS)).get(car, 0), PAGES):
            await series.write(READINGS, {car: number + 1}, page(car, number))
        assert await ids(series, car) == Counter(event.id for number in range(PAGES) for event in page(car, number))
    series.close()


async def test_a_restart_is_noticed_only_by_who_comes_while_the_server_is_away(own_questdb: QuestDb) -> None:
    series = QuestDbSeries.open(own_questdb.url)
    await series.write(READINGS, {0: 1}, [EVENT])
    own_questdb.kill()
    own_questdb.start()
    assert await ids(series, 1) == {"e1": 1}
    own_questdb.stop()
    with pytest.raises(SeriesUnavailable, match="can't be reached"):
        await series.consumed(READINGS)
    own_questdb.start()
    await series.write(READINGS, {0: 2}, [replace(EVENT, id="e2")])
    assert await ids(series, 1) == {"e1": 1, "e2": 1}
    series.close()


async def test_a_frozen_server_is_given_up_in_time(own_questdb: QuestDb, monkeypatch: pytest.MonkeyPatch) -> None:
    series = QuestDbSeries.open(f"{own_questdb.url}?connect_timeout=2")
    await series.write(READINGS, {0: 1}, [EVENT])
    with monkeypatch.context() as patch:
        patch.setattr(connections, "ANSWER_S", 0.1)
        own_questdb.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, own_questdb.process.pid, os.WSTOPPED)  # a signal is sent before it is obeyed
        with pytest.raises(SeriesUnavailable, match="can't be reached"):
            await series.consumed(READINGS)
        own_questdb.process.send_signal(signal.SIGCONT)
    assert await ids(series, 1) == {"e1": 1}
    series.close()


async def test_many_may_open_new_series_at_once(questdb_url: str, prefix: str) -> None:
    opened = await asyncio.gather(*(asyncio.to_thread(QuestDbSeries.open, questdb_url, prefix) for _ in range(8)))
    for number, series in enumerate(opened):
        await series.write(READINGS, {number: 1}, [replace(EVENT, id=f"e{number}")])
    for series in opened:
        assert await ids(series, 1) == Counter(f"e{number}" for number in range(8))
        series.close()


def test_a_server_that_is_away_is_named() -> None:
    (port,) = lasting_ports(1)
    with pytest.raises(SeriesUnavailable, match=f"^QuestDB at 127.0.0.1:{port} can't be reached: .*refused") as told:
        QuestDbSeries.open(f"postgresql://who:hidden@127.0.0.1:{port}/qdb")
    assert "hidden" not in str(told.value)


def test_a_wrong_password_is_refused_and_never_shown(questdb_url: str) -> None:
    user, _, server = questdb_url.rpartition("@")
    wrong = f"{user.rpartition(':')[0]}:hidden@{server}"
    with pytest.raises(
        SeriesUnavailable, match=r"^QuestDB at 127\.0\.0\.1:\d+ refuses this user and password$"
    ) as told:
        QuestDbSeries.open(wrong)
    assert "hidden" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["", "hidden", "http://me:hidden@there", "postgresql:///qdb", "postgresql://a?b=hidden"]
)
def test_a_url_that_is_none_is_refused_and_never_shown(url: str) -> None:
    with pytest.raises(SeriesUnavailable, match="not of the form postgresql://user:password@host:port/qdb") as told:
        QuestDbSeries.open(url)
    assert "hidden" not in str(told.value)


async def test_what_the_server_took_but_does_not_apply_is_not_acknowledged(
    questdb_url: str, series: QuestDbSeries, prefix: str
) -> None:
    with psycopg.connect(questdb_url, autocommit=True) as operator:
        operator.execute(f"ALTER TABLE {prefix}telemetry_events SUSPEND WAL")
        with pytest.raises(SeriesUnavailable, match=f"wal_tables.* for {prefix}telemetry_events"):
            await series.write(READINGS, {0: 1}, [EVENT])
        assert await series.consumed(READINGS) == {}
        operator.execute(f"ALTER TABLE {prefix}telemetry_events RESUME WAL")
    await series.write(READINGS, {0: 1}, [EVENT])
    assert await ids(series, 1) == {"e1": 1}


async def test_where_nobody_prunes_days_go_when_they_are_older_than_is_kept(series: QuestDbSeries) -> None:
    await series.write(READINGS, {0: 1}, [replace(EVENT, received_ms=0)])
    await series.write(METERED, {0: 1}, [replace(VALUE, time_ms=0)])
    for days, readings in ((8, {"e1", "e8"}), (9, {"e8", "e9"})):
        await series.write(READINGS, {0: days}, [replace(EVENT, id=f"e{days}", received_ms=days * DAY_MS - 1)])
        assert set(await ids(series, 1)) == readings
    for days, first_ms in ((31, 0), (32, 31 * DAY_MS - 1)):
        await series.write(METERED, {0: days}, [replace(VALUE, id=f"m{days}", time_ms=days * DAY_MS - 1)])
        assert (await series.meter_values("north", *ALWAYS))[0].time_ms == first_ms
    assert await series.first_metered_ms("north") == 0, "hours are kept longer"


async def test_a_row_a_year_ahead_leaves_the_rows_of_the_last_week(series: QuestDbSeries) -> None:
    now_ms = time.time_ns() // 1_000_000
    days = [replace(VALUE, id=f"m{day}", time_ms=now_ms - day * DAY_MS) for day in range(6)]
    await series.write(METERED, {0: 1}, days)
    await series.write(METERED, {0: 2}, [replace(VALUE, id="ahead", time_ms=now_ms + 365 * DAY_MS)])
    await series.write(METERED, {0: 3}, [replace(VALUE, id="after", time_ms=now_ms)])
    found = {value.id for value in await series.meter_values("north", *ALWAYS)}
    assert found >= {"after", *(value.id for value in days)}


async def test_ids_of_transactions_that_were_numbers_are_text(questdb_url: str, prefix: str) -> None:
    """The tables of an earlier version are changed in place, and keep their rows."""
    QuestDbSeries.open(questdb_url, prefix).close()
    numbered = await asyncio.to_thread(as_numbers, questdb_url, prefix)
    assert numbered == {"LONG"}
    series = QuestDbSeries.open(questdb_url, prefix)
    try:
        await series.write(METERED, {0: 1}, [replace(VALUE, transaction_id="2f6c")])
        times = await series.meter_values("north", *ALWAYS)
        assert sorted(one.transaction_id or "" for one in times) == ["2f6c", "77"]
    finally:
        series.close()


def as_numbers(url: str, prefix: str) -> set[str]:
    """Make the tables as they were, with a meter value in a transaction, and return the types of the ids."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in NUMBERED:
            connection.execute(f"ALTER TABLE {prefix}{table} ALTER COLUMN transaction_id TYPE LONG".encode())
        connection.execute(
            f"INSERT INTO {prefix}{NUMBERED[0]} (time, site_id, charger_id, id, transaction_id, fresh)"
            f" VALUES ({NOW_MS - 1_000}::long * 1000, 'north', 'c1', 'm0', 77, true)".encode()
        )
        found = [
            connection.execute(ID_TYPE.format(prefix=prefix, table=table).encode()).fetchall() for table in NUMBERED
        ]
    return {kind for rows in found for (kind,) in rows}
