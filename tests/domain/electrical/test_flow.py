"""Energy by power over time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.electrical import register
from domain.electrical.flow import HELD_MS, LONGEST_MS, Flow, followed
from domain.electrical.grid import Outlet
from domain.electrical.register import Moment

OUTLET = Outlet("a", "root", (0,), 32_000, 6_000, 230_000)
HOUR_MS = 3_600_000


@given(st.integers(0, 7_360), st.lists(st.integers(1_000, LONGEST_MS), min_size=1, max_size=20))
def test_a_steady_power_amounts_to_its_time(power_w, waits_ms):
    flow = Flow(power_w, 0)
    for wait_ms in waits_ms:
        flow = followed(flow, power_w, flow.at_ms + wait_ms)
    assert flow.energy_wh == power_w * sum(waits_ms) // HOUR_MS


def test_between_two_readings_power_changes_evenly_and_after_a_silence_it_is_held_for_a_while_only():
    assert followed(Flow(0, 0), 3_600, 600_000).energy_wh == 300
    assert followed(Flow(3_600, 0), 3_600, 10 * HOUR_MS).energy_wh == 3_600 * HELD_MS // HOUR_MS


def test_a_reading_that_is_older_than_the_newest_one_changes_nothing():
    assert followed(Flow(3_600, 60_000, "7"), 9_999, 60_000) == Flow(3_600, 60_000, "7")


def charged_by_power(meter_start_wh: int, hours: float = 2) -> register.RegisterEnergy:
    """4.6 kW from the first minute on, and no register."""
    energy = register.begin("7", OUTLET, meter_start_wh, Moment(0, 0))
    for at_ms in range(0, round(hours * HOUR_MS) + 1, 60_000):
        energy = register.flowing(energy, 4_600, Moment(at_ms, at_ms))
    return energy


def test_without_a_register_the_energy_is_that_of_the_power_as_an_estimate():
    energy = charged_by_power(0)
    assert (energy.energy_wh, energy.estimated) == (9_161, True)


@pytest.mark.parametrize(
    ("start_wh", "stop_wh", "energy_wh", "estimated"),
    [
        (1_000, 10_100, 9_100, False),  # a register after all
        (0, 9_100, 9_100, False),
        (0, 0, 9_161, True),  # none at all
        (1_000, 1_000, 9_161, True),
        (7_930_000, 9_100, 9_100, True),  # a session's
        (7_930_000, 50, 9_161, True),
        (1_000, 10**9, 9_161, True),
        (1_000, 60_000, 9_161, True),
    ],
)
def test_the_stops_meter_corrects_it_where_that_is_believable(start_wh, stop_wh, energy_wh, estimated):
    last = register.end(charged_by_power(start_wh), OUTLET, stop_wh, Moment(2 * HOUR_MS, 2 * HOUR_MS))
    assert (last.energy_wh, last.estimated) == (energy_wh, estimated)


def test_a_register_that_comes_late_takes_over():
    energy = register.read(charged_by_power(1_000), OUTLET, 10_100, Moment(2 * HOUR_MS, 2 * HOUR_MS))
    assert (energy.energy_wh, energy.estimated) == (9_100, False)
    after = Moment(2 * HOUR_MS + 60_000, 2 * HOUR_MS + 60_000)
    assert register.flowing(energy, 4_600, after).energy_wh == 9_100


@pytest.mark.parametrize("unit_wh", [0, 1])
def test_a_register_that_stands_still_or_counts_kwh_as_wh_gives_way_to_the_power(unit_wh):
    energy = register.begin("7", OUTLET, 1_000, Moment(0, 0))
    for minute in range(181):
        now = Moment(minute * 60_000, minute * 60_000)
        energy = register.flowing(energy, 4_600, now)
        energy = register.read(energy, OUTLET, 1_000 + unit_wh * minute * 46 // 600, now)
    assert (abs(energy.energy_wh - 13_800) < 50, energy.estimated) == (True, True)
    last = register.end(energy, OUTLET, 1_000 + unit_wh * 14, Moment(181 * 60_000, 181 * 60_000))
    assert (abs(last.energy_wh - 13_800) < 50, last.estimated) == (True, True)


def test_a_register_that_does_not_continue_the_starts_goes_on_from_what_flowed():
    two = Moment(2 * HOUR_MS, 2 * HOUR_MS)
    energy = register.read(charged_by_power(0), OUTLET, 7_930_000, two)
    assert (energy.energy_wh, energy.estimated) == (9_161, True)
    energy = register.read(energy, OUTLET, 7_934_600, Moment(3 * HOUR_MS, 3 * HOUR_MS))
    assert (energy.energy_wh, energy.estimated) == (13_761, True)
