import csv
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.people.day import DATA, local_ms, visits
from simulators.people.vin import vin
from simulators.time.virtual_time import rfc3339

FRIDAY = date(2019, 3, 8)


def test_the_day_has_the_sessions_that_began_on_it_in_local_time():
    day = visits(FRIDAY, seed=1)
    assert len(day) == 36
    assert rfc3339(day[0].arrival_ms) == "2019-03-08T14:06:58.131Z"
    assert rfc3339(day[0].departure_ms) == "2019-03-08T15:20:00.000Z"
    assert rfc3339(day[-1].arrival_ms) == "2019-03-09T06:04:33.879Z"
    assert all(local_ms(FRIDAY, 0) <= visit.arrival_ms < local_ms(FRIDAY, 0) + 86_400_000 for visit in day)


def test_every_session_of_the_month_is_on_some_day():
    with DATA.open(newline="") as file:
        known = {row["session_id"] for row in csv.DictReader(file)}
    assert {visit.id for day in range(1, 32) for visit in visits(date(2019, 3, day), 1)} == known
    assert visits(date(2019, 4, 2), 1) == []


def test_noon_is_local_before_and_after_the_clocks_change():
    assert rfc3339(local_ms(FRIDAY, 12)) == "2019-03-08T20:00:00.000Z"
    assert rfc3339(local_ms(date(2019, 3, 11), 12)) == "2019-03-11T19:00:00.000Z"


@pytest.mark.parametrize("day", [1, 8, 10, 20])
def test_the_synthetic_cars_need_what_was_requested(day):
    with DATA.open(newline="") as file:
        requested = {row["session_id"]: float(row["requested_kwh"]) for row in csv.DictReader(file)}
    for visit in visits(date(2019, 3, day), seed=3):
        assert abs(visit.need_kwh - requested[visit.id]) <= visit.battery_kwh / 1000
        assert 0 <= visit.level_permille < visit.target_permille <= 1000
        assert visit.arrival_ms < visit.departure_ms
        assert visit.max_current_a == 32


def test_the_overlay_is_of_the_seed_and_nothing_else():
    assert visits(FRIDAY, 5) == visits(FRIDAY, 5)
    assert visits(FRIDAY, 5) != visits(FRIDAY, 6)
    times = [(visit.arrival_ms, visit.departure_ms) for visit in visits(FRIDAY, 5)]
    assert times == [(visit.arrival_ms, visit.departure_ms) for visit in visits(FRIDAY, 6)]


def test_several_garages_have_the_day_s_visits_each_and_no_two_are_one():
    one, three = visits(FRIDAY, 5), visits(FRIDAY, 5, garages=3)
    assert len(three) == 3 * len(one) == len({visit.id for visit in three})
    assert set(one) <= set(three)
    durations = Counter(visit.departure_ms - visit.arrival_ms for visit in three)
    assert durations == Counter(3 * [visit.departure_ms - visit.arrival_ms for visit in one])
    assert three == sorted(three, key=lambda visit: visit.arrival_ms)
    for visit in set(three) - set(one):
        (as_recorded,) = [known for known in one if visit.id.endswith(known.id)]
        assert 0 <= visit.arrival_ms - as_recorded.arrival_ms < 3_600_000


@given(st.integers(0, 999_999))
def test_vins_satisfy_their_check_digit(number):
    made = vin(number)
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", "123456781234579234567890123456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    remainder = sum(int(values[sign]) * weight for sign, weight in zip(made, weights, strict=True)) % 11
    assert made[8] == "0123456789X"[remainder]
    assert not set("IOQ") & set(made)
