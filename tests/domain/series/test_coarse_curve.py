"""Down-sampled values: what they say is what the values say, and the load curve is the same from either."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from hypothesis import example, given
from hypothesis import strategies as st

from domain.electrical.grid import Outlet
from domain.series.coarse_curve import CoarseCurve, joined
from domain.series.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS, WIDTHS_MS, bucket_of, fuller, touched
from domain.series.load_curve import HOLD_MS, Curve, Steps, Transaction, curve, spans
from domain.series.meter_buckets import MeterBucket, merged, minute
from domain.series.powers import is_possible, samples

OUTLET = Outlet("c1", "root", (0, 1, 2), 32_000, 6_000, 230_000)


@dataclass(frozen=True)
class Value:
    time_ms: int
    power_w: int | None
    transaction_id: str | None = None
    energy_wh: int | None = None
    current_ma: tuple[int, int, int] | None = None


def minutes(values: list[Value]) -> dict[int, MeterBucket]:
    """As the series keep them: each minute that a value touches, from the values around it."""
    ordered = sorted(values, key=lambda value: value.time_ms)
    found = {}
    for start_ms in sorted({start_ms for value in values for start_ms in touched(value.time_ms, HOLD_MS)}):
        near = [value for value in ordered if start_ms - HOLD_MS <= value.time_ms < start_ms + MINUTE_MS]
        bucket = minute(("north", "c1"), start_ms, near)
        if bucket is not None:
            found[start_ms] = bucket
    return found


def coarser(finer: dict[int, MeterBucket], width_ms: int) -> dict[int, MeterBucket]:
    grouped = groupby(sorted(finer), key=lambda start_ms: bucket_of(start_ms, width_ms))
    return {start_ms: merged(start_ms, [finer[one] for one in starts]) for start_ms, starts in grouped}


def down_sampled(values: list[Value]) -> dict[int, dict[int, MeterBucket]]:
    by_minute = minutes(values)
    by_quarter = coarser(by_minute, QUARTER_MS)
    return {MINUTE_MS: by_minute, QUARTER_MS: by_quarter, HOUR_MS: coarser(by_quarter, HOUR_MS)}


def test_the_mean_is_weighted_by_how_long_a_value_held() -> None:
    values = [Value(0, 3_000), Value(20_000, 6_000), Value(50_000, 0)]
    bucket = minutes(values)[0]
    assert bucket.drawn_w_ms == 20_000 * 3_000 + 30_000 * 6_000
    assert (bucket.held_ms, bucket.values, bucket.least_w, bucket.greatest_w) == (60_000, 3, 0, 6_000)
    assert minutes(values)[MINUTE_MS].held_ms == MINUTE_MS


def test_a_value_holds_90_s_into_the_next_buckets_and_not_longer() -> None:
    assert {start: one.held_ms for start, one in minutes([Value(50_000, 1)]).items()} == {
        0: 10_000,
        60_000: 60_000,
        120_000: 20_000,
    }


def test_currents_are_weighted_alike_and_energy_is_the_last_reading() -> None:
    values = [
        Value(0, None, current_ma=(6_000, 6_000, 0), energy_wh=100),
        Value(30_000, None, current_ma=(16_000, 0, 0), energy_wh=150),
    ]
    bucket = minutes(values)[0]
    assert (bucket.drawn_ma_ms, bucket.current_held_ms) == (30_000 * 12_000 + 30_000 * 16_000, 60_000)
    assert (bucket.energy_wh, bucket.held_ms, bucket.uniform) == (150, 0, True)


def test_a_bucket_of_two_sources_or_of_energy_alone_does_not_stand_for_its_values() -> None:
    current = Value(0, None, current_ma=(6_000, 0, 0))
    assert not minutes([current, Value(30_000, 1_380)])[0].uniform
    assert not merged(0, [minutes([current])[0], minutes([Value(HOUR_MS, 1_380)])[HOUR_MS]]).uniform
    assert not minutes([Value(0, None, energy_wh=7)])[0].uniform


def test_what_its_outlet_can_not_carry_is_judged_value_by_value() -> None:
    values = [Value(0, 3_000, "7"), Value(20_000, 300_000, "7"), Value(40_000, 3_000, "7")]
    bucket = minutes(values)[0]
    assert not is_possible(OUTLET, bucket)
    assert [one.power_w for one in samples(OUTLET, values)] == [3_000, 3_000]
    assert not is_possible(OUTLET, minutes([Value(0, None, current_ma=(400_000, 0, 0))])[0])
    assert not is_possible(OUTLET, minutes([Value(0, 11_000, current_ma=(6_000, 0, 0))])[0])


def test_energy_alone_shows_power_as_the_other_sources_do() -> None:
    by_energy = [Value(at_ms, None, "7", energy_wh=1_001 + at_ms // 1000) for at_ms in range(0, 200_000, 30_000)]
    shown = [one.power_w for one in samples(OUTLET, by_energy)]
    assert len(shown) == 5
    assert all(abs(power_w - 3_600) <= 130 for power_w in shown)
    assert [one.power_w for one in samples(OUTLET, [Value(0, None, "7", current_ma=(16_000, 0, 0))])] == [3_680]
    assert [one.power_w for one in samples(OUTLET, [Value(0, 3_680, "7")])] == [3_680]


def test_what_tells_only_energy_ends_nothing() -> None:
    assert minutes([Value(0, 5), Value(10_000, None, energy_wh=7)])[0].held_ms == MINUTE_MS


def test_a_late_value_does_not_stand_for_those_that_are_forgotten() -> None:
    full, one = minutes([Value(0, 1), Value(1, 2)])[0], minutes([Value(5, 9)])[0]
    assert fuller(full, one) is full
    assert fuller(one, full) is full
    assert fuller(None, one) is one


times = st.integers(0, 3 * HOUR_MS)
powers = st.one_of(st.none(), st.integers(0, 2_000), st.integers(0, 100_000))
values = st.lists(
    st.builds(
        Value,
        times,
        powers,
        st.sampled_from([None, "7", "8"]),
        st.sampled_from([None, 5_000, 5_100]),
        st.sampled_from([None, (6_000, 0, 0)]),
    ).filter(lambda value: value.current_ma is None or (value.power_w or 0) <= 2_000),  # they do not contradict
    max_size=60,
    unique_by=lambda value: value.time_ms,
)
transactions = st.lists(st.tuples(times, st.integers(0, 2 * HOUR_MS), st.booleans()), max_size=2).map(
    lambda found: [
        Transaction(str(7 + number), start_ms, start_ms + ran_ms if over else None)
        for number, (start_ms, ran_ms, over) in enumerate(found)
    ]
)
asked = st.builds(
    Steps, st.integers(0, HOUR_MS), st.sampled_from([10_000, 60_000, 450_000, 900_000, HOUR_MS]), st.just(2)
)
regular = [Value(time_ms, 3_000 + time_ms % 7, "7") for time_ms in range(0, 2 * HOUR_MS, 30_000)]


@given(values=values, ran=transactions, steps=asked, told=st.tuples(times, times))
@example(values=regular, ran=[Transaction("7", 0, HOUR_MS + 5)], steps=Steps(0, HOUR_MS, 2), told=(0, 2 * HOUR_MS))
def test_the_curve_is_the_same_as_from_the_values(values, ran, steps, told) -> None:
    known = range(min(told), max(told))
    shown = list(samples(OUTLET, sorted(values, key=lambda value: value.time_ms)))
    coarse = CoarseCurve(OUTLET, steps, known, ran)
    for width_ms in reversed(WIDTHS_MS):
        coarse.use(width_ms, down_sampled(values)[width_ms])
    assert numbers(coarse.finish(spans(shown, ran))) == numbers(curve(steps, known, shown, ran))


def numbers(found: Curve) -> tuple[list[int], list[int]]:
    return found.drawn_w_ms, found.known_ms


def test_long_charging_is_taken_from_hours_and_only_its_ends_from_the_values() -> None:
    values = [Value(time_ms, 3_000, "7") for time_ms in range(0, 29 * HOUR_MS, 30_000)]
    coarse = CoarseCurve(
        OUTLET, Steps(0, HOUR_MS, 30), range(30 * HOUR_MS), [Transaction("7", 0, 29 * HOUR_MS + 10_000)]
    )
    by_width = down_sampled(values)
    coarse.use(HOUR_MS, by_width[HOUR_MS])
    assert coarse.rest == [(0, HOUR_MS), (29 * HOUR_MS, 30 * HOUR_MS)]
    coarse.use(QUARTER_MS, by_width[QUARTER_MS])
    coarse.use(MINUTE_MS, by_width[MINUTE_MS])
    assert sum(end_ms - start_ms for start_ms, end_ms in coarse.rest) < 40 * MINUTE_MS


def test_ranges_are_joined() -> None:
    assert joined([(5, 7), (0, 2), (2, 3), (6, 6)]) == [(0, 3), (5, 7)]
