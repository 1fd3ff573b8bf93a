"""Power by the growth of a register."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.electrical import register
from domain.electrical.grid import Outlet
from domain.electrical.growth import followed, power_w
from domain.electrical.register import Moment

OUTLET = Outlet("a", "root", (0,), 32_000, 6_000, 230_000)


@given(st.integers(0, 7_360), st.integers(10, 120), st.integers(2, 30), st.integers(0, 10**7))
def test_the_true_power_lies_between_the_least_and_the_most(true_w, every_s, readings, start):
    window, energy = None, register.begin(1, OUTLET, start, Moment(0, 0))
    for number in range(1, readings + 1):
        now = Moment(number * every_s * 1000, number * every_s * 1000)
        energy = register.read(energy, OUTLET, start + true_w * number * every_s // 3600, now)
        window = followed(window, energy, now)
    least, most = power_w(window, energy) or (0, true_w)
    assert least <= true_w <= most


def grown(values, every_s: int = 30, restart_ms: int = 0):
    """The power after each of these values of a register."""
    energy, window, shown = register.begin(1, OUTLET, 0, Moment(0, 0)), None, []
    for number, value in enumerate(values, 1):
        now = Moment(number * every_s * 1000, number * every_s * 1000)
        energy = register.read(energy, OUTLET, value, now)
        window = followed(window, energy, now, restart_ms)
        shown.append(power_w(window, energy))
    return shown


def test_power_is_measured_from_one_change_to_another_and_anew_at_a_new_limit():
    assert grown([61, 122, 183, 244]) == [None, None, (7_200, 7_440), (7_260, 7_380)]
    assert grown([61, 122, 183, 244], restart_ms=80_000) == [None, None, None, (7_200, 7_440)]


def test_a_register_that_is_doubted_shows_no_power():
    assert grown([61, 122, 183, 9_000_000])[-1] is None


def test_a_register_that_is_refreshed_each_few_minutes_never_seems_to_stand_still():
    """7.3 kW, of which the register knows every four minutes."""
    shown = grown([61 * (number // 8 * 8) for number in range(1, 60)])
    assert all(one is None or one[0] > 6_500 for one in shown)
    assert any(one is not None for one in shown)


def test_a_register_that_stands_still_for_longer_than_it_does_while_it_counts_shows_no_power():
    shown = grown([61, 122, 183] + [183] * 3)
    assert [one and one[1] <= 120 for one in shown[3:]] == [None, True, True]
    assert grown([61] * 11)[-2:] == [None, (0, 12)]


def test_a_register_in_whole_kwh_shows_no_power():
    energy = register.begin(1, OUTLET, 5_000, Moment(0, 0))
    window = followed(None, energy, Moment(0, 0))
    energy = register.read(energy, OUTLET, 6_000, Moment(600_000, 600_000))
    assert power_w(followed(window, energy, Moment(600_000, 600_000)), energy) is None
