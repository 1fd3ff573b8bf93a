"""What every time series must keep, whatever it is made of: `commands.ports.series.TimeSeries`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.ports.series import MeterValue, TelemetryEvent, TimeSeries
from domain.series.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS, WIDTHS_MS
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import ReadingBucket
from tests.contracts.conftest import OpenSeries

READINGS = "vehicles.inputs"
METERED = "load.inputs"
EVENT = TelemetryEvent("e1", "v1", "soc", 80.5, 1_000, 1_050, "integration")
VALUE = MeterValue("m1", "c1", "north", 1_000, (16_000, 0, 15_500), 7_245, 1_234_567_890_123, "2147483647", True)
ALWAYS = (0, 1 << 50)
DAY_MS = 86_400_000


async def telemetry(series: TimeSeries, kind=None, between=ALWAYS, limit=100, vehicle_id="v1") -> list[TelemetryEvent]:
    return list(await series.telemetry(vehicle_id, kind, *between, limit))


async def metered(series: TimeSeries, between=ALWAYS, site_id="north") -> list[MeterValue]:
    return list(await series.meter_values(site_id, *between))


async def test_values_of_every_type_read_back_as_they_were_told(series: TimeSeries) -> None:
    told = [
        EVENT,
        replace(EVENT, id="e2", type="range_km", value=210.333, source="driver"),
        replace(EVENT, id="e3", type="plugged_in", value=False),
        replace(EVENT, id="e4", type="mission_active", value=True),
        replace(EVENT, id="e5", type="location_zone", value="u09tv"),
    ]
    await series.write(READINGS, {0: 1}, told)
    found = sorted(await telemetry(series), key=lambda event: event.id)
    assert found == told
    assert [type(event.value) for event in found] == [float, float, bool, bool, str]


async def test_meter_values_read_back_as_they_were_told_and_unknown_is_not_0(series: TimeSeries) -> None:
    silent = MeterValue("m2", "c2", "north", 2_000, None, None, None, None, False)
    zero = MeterValue("m3", "c3", "north", 3_000, (0, 0, 0), 0, 0, "0", True)
    await series.write(METERED, {0: 1}, [VALUE, silent, zero])
    assert await metered(series) == [VALUE, silent, zero]


async def test_what_is_kept_again_under_the_same_id_has_no_second_effect(series: TimeSeries) -> None:
    for offset in (1, 1, 2):
        await series.write(READINGS, {0: offset}, [EVENT])
        await series.write(METERED, {0: offset}, [VALUE])
    await series.write(READINGS, {0: 3}, [EVENT, EVENT])
    assert await telemetry(series) == [EVENT]
    assert await metered(series) == [VALUE]


async def test_other_ids_at_the_same_time_are_other_values(series: TimeSeries) -> None:
    await series.write(READINGS, {0: 1}, [EVENT, replace(EVENT, id="e2"), replace(EVENT, id="e3", vehicle_id="v2")])
    await series.write(METERED, {0: 1}, [VALUE, replace(VALUE, id="m2"), replace(VALUE, id="m3", charger_id="c2")])
    assert len(await telemetry(series)) == 2
    assert len(await telemetry(series, vehicle_id="v2")) == 1
    assert len(await metered(series)) == 3


async def test_telemetry_comes_newest_first_whatever_order_it_was_kept_in(series: TimeSeries) -> None:
    for number in (2, 4, 1, 3):
        await series.write(READINGS, {0: number}, [replace(EVENT, id=f"e{number}", observed_ms=number * 1_000)])
    assert [event.id for event in await telemetry(series)] == ["e4", "e3", "e2", "e1"]
    assert [event.id for event in await telemetry(series, limit=2)] == ["e4", "e3"]
    assert [event.id for event in await telemetry(series, between=(2_000, 4_000))] == ["e3", "e2"]


async def test_telemetry_is_asked_for_by_vehicle_and_type(series: TimeSeries) -> None:
    zone = replace(EVENT, id="e2", type="location_zone", value="u09tv")
    await series.write(READINGS, {0: 1}, [EVENT, zone])
    assert await telemetry(series, "location_zone") == [zone]
    assert await telemetry(series, "plugged_in") == []
    assert await telemetry(series, vehicle_id="v2") == []


async def test_meter_values_come_in_the_order_of_their_time_of_one_site(series: TimeSeries) -> None:
    for number in (2, 4, 1, 3):
        await series.write(METERED, {0: number}, [replace(VALUE, id=f"m{number}", time_ms=number * 1_000)])
    await series.write(METERED, {0: 5}, [replace(VALUE, id="m5", site_id="south")])
    assert [value.id for value in await metered(series)] == ["m1", "m2", "m3", "m4"]
    assert [value.id for value in await metered(series, (2_000, 4_000))] == ["m2", "m3"]
    assert [value.id for value in await metered(series, site_id="south")] == ["m5"]


async def test_the_first_and_the_newest_are_known(series: TimeSeries) -> None:
    assert await series.first_metered_ms("north") is None
    assert await series.newest_reading_ms("driver") is None
    events = [EVENT, replace(EVENT, id="e2", observed_ms=5, received_ms=2_000)]
    await series.write(READINGS, {0: 2}, [*events, replace(EVENT, id="e3", source="driver", received_ms=1_500)])
    await series.write(METERED, {0: 2}, [replace(VALUE, id="m2", time_ms=500), VALUE])
    assert await series.first_metered_ms("north") == 500
    assert await series.first_metered_ms("south") is None
    assert await series.newest_reading_ms("integration") == 2_000
    assert await series.newest_reading_ms("driver") == 1_500


async def test_how_far_a_topic_was_kept_is_known_by_partition(series: TimeSeries) -> None:
    assert await series.consumed(READINGS) == {}
    await series.write(READINGS, {0: 5, 2: 9}, [EVENT])
    await series.write(READINGS, {2: 11}, [])
    await series.write(METERED, {0: 7}, [VALUE])
    assert await series.consumed(READINGS) == {0: 5, 2: 11}
    assert await series.consumed(METERED) == {0: 7}


@pytest.mark.parametrize("place", [0, 1])
async def test_all_rows_are_kept_or_none_and_no_position_without_them(series: TimeSeries, place: int) -> None:
    await series.write(READINGS, {0: 1}, [EVENT])
    rows = [replace(EVENT, id="e3")]
    rows.insert(place, replace(EVENT, id="e2", received_ms=None))  # what no store takes: it has no time
    with pytest.raises(Exception, match="NULL"):
        await series.write(READINGS, {0: 2}, rows)
    assert await telemetry(series) == [EVENT]
    assert await series.consumed(READINGS) == {0: 1}


async def test_rows_of_a_crash_before_their_position_are_kept_once(series: TimeSeries) -> None:
    await series.write(READINGS, {}, [EVENT])
    assert await series.consumed(READINGS) == {}
    await series.write(READINGS, {0: 2}, [EVENT, replace(EVENT, id="e2")])
    assert sorted(event.id for event in await telemetry(series)) == ["e1", "e2"]
    assert await series.consumed(READINGS) == {0: 2}


async def test_days_that_are_over_are_forgotten_readings_by_when_they_came(series: TimeSeries) -> None:
    late = replace(EVENT, id="e2", observed_ms=5, received_ms=2 * DAY_MS)
    await series.write(READINGS, {0: 2}, [replace(EVENT, received_ms=DAY_MS - 1), late])
    await series.write(METERED, {0: 2}, [replace(VALUE, time_ms=DAY_MS - 1), replace(VALUE, id="m2", time_ms=DAY_MS)])
    await series.prune(received_before_ms=DAY_MS - 1, metered_before_ms=DAY_MS - 1, buckets_before_ms={})
    assert (len(await telemetry(series)), len(await metered(series))) == (2, 2)
    await series.prune(received_before_ms=2 * DAY_MS, metered_before_ms=DAY_MS, buckets_before_ms={})
    assert await telemetry(series) == [late]
    assert [value.id for value in await metered(series)] == ["m2"]
    assert await series.consumed(METERED) == {0: 2}


async def test_where_nothing_is_left_nothing_is_forgotten(series: TimeSeries) -> None:
    for _ in range(2):
        await series.prune(received_before_ms=DAY_MS, metered_before_ms=DAY_MS, buckets_before_ms={})
        assert (await telemetry(series), await metered(series)) == ([], [])
        await series.write(READINGS, {0: 1}, [EVENT])
        await series.write(METERED, {0: 1}, [VALUE])
        assert (await telemetry(series), await metered(series)) == ([EVENT], [VALUE])
        await series.prune(received_before_ms=DAY_MS, metered_before_ms=DAY_MS, buckets_before_ms={})


async def test_everything_is_there_after_a_restart(open_series: OpenSeries) -> None:
    with open_series() as series:
        await series.write(READINGS, {0: 1}, [EVENT])
        await series.write(METERED, {3: 2}, [VALUE])
    with open_series() as series:
        assert await telemetry(series) == [EVENT]
        assert await metered(series) == [VALUE]
        assert (await series.consumed(READINGS), await series.consumed(METERED)) == ({0: 1}, {3: 2})


def flowing(number: int, time_ms: int, power_w: int | None, **told) -> MeterValue:
    known = {"charger_id": "c1", "current_ma": None, "energy_wh": time_ms // 1000, "transaction_id": "7"} | told
    return MeterValue(id=f"m{number}", site_id="north", time_ms=time_ms, power_w=power_w, fresh=True, **known)


CHARGING = [
    *(flowing(number, number * 30_000, 3_000 + number) for number in range(200)),
    *(flowing(500 + number, number * 40_000, None, charger_id="c2", current_ma=(6_000, 0, 1)) for number in range(60)),
]


def observed(number: int, time_ms: int, value: float | bool | str, **told) -> TelemetryEvent:
    known = {"vehicle_id": "v1", "type": "soc", "received_ms": time_ms + 50, "source": "driver"} | told
    return TelemetryEvent(id=f"e{number:03}", observed_ms=time_ms, value=value, **known)


DRIVING = [
    *(observed(number, number * 20_000, 80 - number / 10) for number in range(200)),
    *(observed(300 + number, number * 50_000, number % 3 == 0, type="plugged_in") for number in range(30)),
    observed(400, 10_000, "u09tv", type="location_zone"),
    observed(401, 10_000, 7.125, vehicle_id="v2"),
]


async def read_buckets(
    series: TimeSeries, width_ms: int, kind=None, between=ALWAYS, limit=1000, vehicle_id="v1"
) -> list[ReadingBucket]:
    return list(await series.reading_buckets(width_ms, vehicle_id, kind, *between, limit))


async def test_readings_are_down_sampled_to_minutes_quarters_and_hours(series: TimeSeries) -> None:
    await series.write(READINGS, {0: 1}, DRIVING)
    second, first = await read_buckets(series, HOUR_MS, "soc")
    total = sum(80_000 - 100 * number for number in range(180))
    assert first == ReadingBucket("v1", "soc", 0, 180, total, 62_100, 80_000, 62_100)
    assert (second.start_ms, second.values, second.last_milli) == (HOUR_MS, 20, 60_100)
    for finer_ms in (MINUTE_MS, QUARTER_MS):
        parts = await read_buckets(series, finer_ms, "soc", (0, HOUR_MS))
        assert [one.start_ms for one in parts] == list(reversed(range(0, HOUR_MS, finer_ms)))
        assert sum(one.total_milli for one in parts) == total
    [plugged_in] = await read_buckets(series, HOUR_MS, "plugged_in")
    assert plugged_in == ReadingBucket("v1", "plugged_in", 0, 30, 10_000, 0, 1_000, 0)


async def test_reading_buckets_are_asked_for_by_vehicle_type_and_range_the_newest_first(series: TimeSeries) -> None:
    await series.write(READINGS, {0: 1}, DRIVING)
    found = await read_buckets(series, QUARTER_MS)
    assert {one.type for one in found} == {"soc", "plugged_in"}, "where it was is in no bucket"
    assert [one.start_ms for one in found] == sorted((one.start_ms for one in found), reverse=True)
    assert await read_buckets(series, QUARTER_MS, limit=3) == found[:3]
    assert await read_buckets(series, HOUR_MS, "soc", (1, HOUR_MS)) == []
    assert [one.values for one in await read_buckets(series, MINUTE_MS, vehicle_id="v2")] == [1]


async def buckets(series: TimeSeries, width_ms: int, between=ALWAYS, site_id="north") -> list[MeterBucket]:
    return list(await series.meter_buckets(width_ms, site_id, *between))


async def test_meter_values_are_down_sampled_to_minutes_quarters_and_hours(series: TimeSeries) -> None:
    await series.write(METERED, {0: 1}, CHARGING)
    first = next(one for one in await buckets(series, HOUR_MS) if one.charger_id == "c1")
    assert first == MeterBucket(
        charger_id="c1",
        site_id="north",
        start_ms=0,
        values=120,
        first_ms=0,
        drawn_w_ms=sum(30_000 * (3_000 + number) for number in range(120)),
        held_ms=HOUR_MS,
        drawn_ma_ms=0,
        current_held_ms=0,
        least_w=3_000,
        greatest_w=3_119,
        energy_wh=119 * 30,
        transaction_id="7",
        uniform=True,
    )
    for finer_ms in (MINUTE_MS, QUARTER_MS):
        parts = [one for one in await buckets(series, finer_ms, (0, HOUR_MS)) if one.charger_id == "c1"]
        assert len(parts) == HOUR_MS // finer_ms
        assert sum(one.drawn_w_ms for one in parts) == first.drawn_w_ms
    [other] = [one for one in await buckets(series, HOUR_MS) if one.charger_id == "c2"]
    assert (other.drawn_ma_ms, other.current_held_ms, other.uniform) == (6_001 * 2_450_000, 2_450_000, True)
    assert await buckets(series, HOUR_MS, (1, HOUR_MS)) == await buckets(series, HOUR_MS, site_id="south") == []


@pytest.mark.parametrize("page", [1, 7, 90])
async def test_buckets_are_the_same_whatever_order_pages_and_repeats_they_come_in(
    open_series: OpenSeries, page: int
) -> None:
    some = [value for value in CHARGING if value.time_ms < 20 * MINUTE_MS]
    shuffled = sorted(some, key=lambda value: value.id[::-1])
    told = shuffled + shuffled[::9]
    with open_series() as series:
        for start in range(0, len(told), page):
            await series.write(METERED, {0: start + 1}, told[start : start + page])
        found = {width_ms: await buckets(series, width_ms) for width_ms in WIDTHS_MS}
        moved = [replace(value, site_id="at once") for value in some]
        await series.write(
            METERED, {0: 999}, [replace(one, id=f"x{one.id}", charger_id=one.charger_id) for one in moved]
        )
        at_once = {width_ms: await buckets(series, width_ms, site_id="at once") for width_ms in WIDTHS_MS}
    assert found == {
        width_ms: [replace(one, site_id="north") for one in expected] for width_ms, expected in at_once.items()
    }


@pytest.mark.parametrize("page", [1, 90])
async def test_reading_buckets_are_the_same_whatever_order_pages_and_repeats_they_come_in(
    open_series: OpenSeries, page: int
) -> None:
    some = [event for event in DRIVING if event.observed_ms < 20 * MINUTE_MS and event.vehicle_id == "v1"]
    shuffled = sorted(some, key=lambda event: event.id[::-1])
    told = shuffled + shuffled[::9]
    with open_series() as series:
        for start in range(0, len(told), page):
            await series.write(READINGS, {0: start + 1}, told[start : start + page])
        await series.write(READINGS, {0: 999}, [replace(one, vehicle_id="at once") for one in some])
        for width_ms in WIDTHS_MS:
            at_once = await read_buckets(series, width_ms, vehicle_id="at once")
            assert await read_buckets(series, width_ms) == [replace(one, vehicle_id="v1") for one in at_once]


async def test_reading_buckets_outlive_their_readings_and_go_in_their_own_time(series: TimeSeries) -> None:
    await series.write(READINGS, {0: 1}, DRIVING)
    known = {width_ms: await read_buckets(series, width_ms) for width_ms in WIDTHS_MS}
    forgotten = {"received_before_ms": 2 * DAY_MS, "metered_before_ms": 0}
    await series.prune(**forgotten, buckets_before_ms=dict.fromkeys(WIDTHS_MS, 0))
    assert await telemetry(series) == []
    await series.write(READINGS, {0: 2}, [observed(900, 70_000, 1.0)])
    assert {width_ms: await read_buckets(series, width_ms) for width_ms in WIDTHS_MS} == known
    await series.prune(**forgotten, buckets_before_ms={MINUTE_MS: 2 * DAY_MS, QUARTER_MS: 0, HOUR_MS: 0})
    assert await read_buckets(series, MINUTE_MS) == []
    assert len(await read_buckets(series, QUARTER_MS)) == len(known[QUARTER_MS])


async def test_buckets_outlive_their_values_and_go_in_their_own_time(series: TimeSeries) -> None:
    await series.write(METERED, {0: 1}, CHARGING)
    known = {width_ms: await buckets(series, width_ms) for width_ms in WIDTHS_MS}
    forgotten = {"received_before_ms": 0, "metered_before_ms": 2 * DAY_MS}
    await series.prune(**forgotten, buckets_before_ms=dict.fromkeys(WIDTHS_MS, 0))
    assert await metered(series) == []
    assert {width_ms: await buckets(series, width_ms) for width_ms in WIDTHS_MS} == known
    assert await series.first_metered_ms("north") == 0
    late = flowing(900, 100_000, 1)
    await series.write(METERED, {0: 2}, [late])
    assert await buckets(series, MINUTE_MS, (60_000, 120_000)) == [
        one for one in known[MINUTE_MS] if one.start_ms == 60_000
    ]
    await series.prune(**forgotten, buckets_before_ms={MINUTE_MS: 2 * DAY_MS, QUARTER_MS: 0, HOUR_MS: 0})
    assert await buckets(series, MINUTE_MS) == []
    assert len(await buckets(series, QUARTER_MS)) == len(known[QUARTER_MS])
