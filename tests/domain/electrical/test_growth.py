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


def test_a_window_begins_anew_at_a_new_limit_and_where_the_register_is_doubted():
    energy = register.begin(1, OUTLET, 0, Moment(0, 0))
    window = None
    for number in range(1, 4):
        energy = register.read(energy, OUTLET, 61 * number, Moment(number * 30_000, number * 30_000))
        window = followed(window, energy, Moment(number * 30_000, number * 30_000))
    assert (window.since.ms, power_w(window, energy)) == (30_000, (7_260, 7_380))
    assert followed(window, energy, Moment(100_000, 100_000), 95_000).since.ms == 100_000
    doubted = register.read(energy, OUTLET, 9_000_000, Moment(120_000, 120_000))
    assert power_w(followed(window, doubted, Moment(120_000, 120_000)), doubted) is None


def test_a_register_in_whole_kwh_shows_no_power():
    energy = register.begin(1, OUTLET, 5_000, Moment(0, 0))
    window = followed(None, energy, Moment(0, 0))
    energy = register.read(energy, OUTLET, 6_000, Moment(600_000, 600_000))
    assert power_w(followed(window, energy, Moment(600_000, 600_000)), energy) is None
