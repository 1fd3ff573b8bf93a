"""What a transaction received by its energy register, whatever the register does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.electrical import register
from domain.electrical.believing import MARGIN_PERMILLE, most_wh
from domain.electrical.grid import Outlet
from domain.electrical.register import LATE_MS, SHAKE_MS, Moment, RegisterEnergy
from tests.examples import examples

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
OUTLET = Outlet("a", "root", (0,), 32_000, 6_000, 230_000)
THREE = Outlet("b", "root", (0, 1, 2), 32_000, 6_000, 230_000)


def story(meter_start_wh: int, *readings: tuple[int, int], outlet: Outlet = OUTLET) -> RegisterEnergy:
    """A transaction of which the register reads so much, so many ms after the start."""
    energy = register.begin(1, outlet, meter_start_wh, Moment(0, 0))
    for at_ms, value_wh in readings:
        energy = register.read(energy, outlet, value_wh, Moment(at_ms, at_ms))
    return energy


def stopped(energy: RegisterEnergy, at_ms: int, value_wh: int, outlet: Outlet = OUTLET) -> tuple[int, bool]:
    energy = register.end(energy, outlet, value_wh, Moment(at_ms, at_ms))
    return energy.energy_wh, energy.estimated


def test_a_lifetime_register_counts_from_the_start():
    energy = story(7_930_000, (MINUTE, 7_930_120), (2 * MINUTE, 7_930_240))
    assert (energy.energy_wh, energy.estimated, energy.verdict) == (240, False, "believed")
    assert stopped(energy, 3 * MINUTE, 7_930_360) == (360, False)


def test_a_register_that_is_refreshed_each_quarter_of_an_hour_is_believed():
    readings = [(at_ms, 1_000 + 1_840 * (at_ms // (15 * MINUTE))) for at_ms in range(MINUTE, 3 * HOUR, MINUTE)]
    for count in range(1, len(readings)):
        assert story(1_000, *readings[:count]).verdict == "believed"
    energy = story(1_000, *readings)
    assert (energy.energy_wh, energy.estimated) == (11 * 1_840, False)


def test_what_no_outlet_delivers_in_the_longest_refresh_is_refused_after_it():
    still = [(at_ms, 1_000) for at_ms in range(MINUTE, 3 * HOUR, MINUTE)]
    assert story(1_000, *still, (3 * HOUR, 1_000 + 4 * 1_840)).verdict == "refused"


def test_a_first_reading_that_does_not_fit_the_start_becomes_the_base_and_the_energy_is_estimated():
    energy = story(0, (MINUTE, 7_930_200))
    assert (energy.energy_wh, energy.estimated, energy.verdict) == (0, True, "estimated")
    energy = story(0, (MINUTE, 7_930_200), (2 * MINUTE, 7_930_320))
    assert (energy.energy_wh, energy.estimated, energy.verdict) == (120, True, "believed")
    assert stopped(energy, HOUR, 7_937_000) == (6_800, True)


def test_a_session_register_below_the_start_counts_from_its_own_base():
    readings = [(minute * MINUTE, 120 * minute) for minute in range(1, 301)]
    energy = story(7_930_000, *readings)
    assert (energy.energy_wh, energy.estimated) == (36_000, True)
    assert stopped(energy, 305 * MINUTE, 36_600) == (36_600, True)


def test_the_stop_of_a_session_register_that_was_never_read_is_the_energy():
    assert stopped(story(7_930_000), 5 * HOUR, 36_600) == (36_600, True)


@pytest.mark.parametrize("nonsense", [4_294_967_295, 2_147_483_647, 10**9 + 7_930_240, 0, 65_535, 7_935_240])
def test_one_value_of_nonsense_changes_nothing(nonsense):
    before = story(7_930_000, (MINUTE, 7_930_120), (2 * MINUTE, 7_930_240))
    odd = register.read(before, OUTLET, nonsense, Moment(2 * MINUTE + SECOND, 2 * MINUTE + SECOND))
    assert (odd.energy_wh, odd.estimated, odd.verdict) == (240, False, "refused")
    again = register.read(odd, OUTLET, 7_930_360, Moment(3 * MINUTE, 3 * MINUTE))
    assert (again.energy_wh, again.estimated, again.verdict) == (360, False, "believed")


def test_a_first_reading_of_nonsense_is_forgotten_by_the_next_one():
    energy = story(7_930_000, (MINUTE, 4_294_967_295), (2 * MINUTE, 7_930_240))
    assert (energy.energy_wh, energy.estimated) == (240, False)


def test_a_stuck_value_of_nonsense_is_not_followed():
    nonsense = [(2 * MINUTE + second * SECOND, 4_294_967_295) for second in range(5)]
    energy = story(7_930_000, (MINUTE, 7_930_120), *nonsense, (3 * MINUTE, 7_930_360))
    assert (energy.energy_wh, energy.estimated) == (360, False)
    assert story(7_930_000, (MINUTE, 7_930_120), *nonsense).refusals == 5


def test_a_register_that_is_reset_is_counted_on_once_it_grows():
    energy = story(7_930_000, (MINUTE, 7_930_120), (2 * MINUTE, 60))
    assert (energy.energy_wh, energy.verdict) == (120, "refused")
    energy = story(7_930_000, (MINUTE, 7_930_120), (2 * MINUTE, 60), (3 * MINUTE, 180))
    assert (energy.energy_wh, energy.estimated) == (300, True)


def test_a_session_register_that_a_stop_reports_after_a_lifetime_register_is_the_same_energy():
    readings = [(minute * MINUTE, 7_930_000 + 120 * minute) for minute in range(1, 51)]
    assert stopped(story(7_930_000, *readings), 51 * MINUTE, 6_120) == (6_120, True)


@pytest.mark.parametrize("size", [2**32, 2**31, 10**6, 10**7, 10**8, 10**9])
def test_a_register_that_wraps_goes_on(size):
    energy = story(size - 100, (MINUTE, size - 10), (2 * MINUTE, 100))
    assert (energy.energy_wh, energy.estimated, energy.verdict) == (200, False, "believed")


def test_a_register_in_whole_kwh_steps_at_once():
    energy = story(7_930_000, (MINUTE, 7_930_000), (2 * MINUTE, 7_931_000), (11 * MINUTE, 7_932_000))
    assert (energy.energy_wh, energy.estimated, energy.verdict) == (2_000, False, "believed")
    energy = story(7_930_000, *((minute * MINUTE, 7_930_000 + 1000 * minute) for minute in range(1, 11)))
    assert energy.energy_wh <= 1000 + most_wh(OUTLET, 10 * MINUTE + LATE_MS)


def test_lifetime_and_session_registers_in_turn_are_not_added():
    readings = []
    for minute in range(1, 31):
        readings += [(minute * MINUTE, 7_930_000 + 120 * minute), (minute * MINUTE + SECOND, 120 * minute)]
    energy = story(7_930_000, *readings)
    assert (energy.energy_wh, energy.estimated) == (3_600, False)


def test_a_queue_of_readings_that_comes_at_once_is_believed_by_the_chargers_clock():
    energy = register.begin(1, OUTLET, 0, Moment(0, 0))
    for minute in range(1, 6):
        energy = register.read(energy, OUTLET, 120 * minute, Moment(5 * MINUTE, minute * MINUTE))
    assert (energy.energy_wh, energy.verdict) == (600, "believed")


def test_a_clock_that_is_set_meanwhile_does_not_matter():
    energy = register.begin(1, OUTLET, 0, Moment(0, 2 * HOUR))
    energy = register.read(energy, OUTLET, 1_200, Moment(10 * MINUTE, 10 * MINUTE))
    assert (energy.energy_wh, energy.verdict) == (1_200, "believed")
    lie = register.read(energy, OUTLET, 9_000, Moment(11 * MINUTE, 9 * HOUR))
    assert (lie.energy_wh, lie.verdict) == (1_200, "refused")


CURRENTS = st.lists(st.integers(0, 32_000), min_size=4, max_size=60)
KINDS = st.sampled_from(("lifetime", "session", "kwh", "wrap32", "wrap6", "odd start"))


@settings(max_examples=examples(300))
@given(CURRENTS, KINDS, st.integers(0, 10**7), st.integers(5, 900), st.sampled_from((OUTLET, THREE)))
def test_for_any_current_and_any_kind_of_register_the_energy_is_the_true_one_but_for_its_first_interval(
    currents, kind, lifetime_wh, every_s, outlet
):
    true_wh, values = 0.0, []
    for current in currents:
        true_wh += outlet.power_w(current) * every_s / 3600
        values.append(true_wh)
    start, shown = _register(kind, lifetime_wh)
    energy = register.begin(1, outlet, start, Moment(0, 0))
    for number, value in enumerate(values, start=1):
        at = Moment(number * every_s * SECOND, number * every_s * SECOND)
        energy = register.read(energy, outlet, shown(value), at)
    step = 1_001 if kind == "kwh" else 12
    first_wh = values[0] if kind == "odd start" else 0
    assert true_wh - step - first_wh <= energy.energy_wh <= true_wh + step
    assert energy.estimated == (kind in ("session", "odd start"))


def _register(kind, lifetime_wh):
    match kind:
        case "session":
            return 10**6 + 1 + lifetime_wh, int
        case "kwh":
            return lifetime_wh // 1000 * 1000, lambda wh: int(lifetime_wh + wh) // 1000 * 1000
        case "wrap32":
            return 2**32 - 500, lambda wh: int(2**32 - 500 + wh) % 2**32
        case "wrap6":
            return 10**6 - 500, lambda wh: int(10**6 - 500 + wh) % 10**6
        case "odd start":
            return 0, lambda wh: int(10**8 + lifetime_wh + wh)
    return lifetime_wh, lambda wh: int(lifetime_wh + wh)


@settings(max_examples=examples(300))
@given(
    st.integers(0, 10**7),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 2**33)), max_size=40),
    st.integers(0, 2**33),
)
def test_whatever_a_register_says_no_more_is_counted_than_its_outlet_can_deliver(start, said, stop):
    energy, at_ms = register.begin(1, OUTLET, start, Moment(0, 0)), 0
    for wait_s, value_wh in said:
        at_ms += wait_s * SECOND
        energy = register.read(energy, OUTLET, value_wh, Moment(at_ms, at_ms))
        assert 0 <= energy.energy_wh <= most_wh(OUTLET, at_ms + SHAKE_MS) + 1_000 * MARGIN_PERMILLE // 1000
    last = register.end(energy, OUTLET, stop, Moment(at_ms, at_ms))
    assert last.energy_wh <= most_wh(OUTLET, at_ms + LATE_MS) + 2_000
