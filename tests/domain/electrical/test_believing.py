"""What one reading says of an outlet, whatever its charger makes of phases and signs."""

from __future__ import annotations

import pytest

from domain.electrical.believing import drawn
from domain.electrical.grid import Outlet

THREE = Outlet("a", "root", (0, 1, 2), 16_000, 6_000, 230_000)
ONE = Outlet("b", "root", (1,), 32_000, 6_000, 230_000)
AMERICAN = Outlet("c", "root", (0, 1), 40_000, 6_000, 120_000)


def test_the_sum_of_the_phases_is_no_impossible_current_of_each():
    """A charger that reports 48 A and 11 kW means 16 A on each of three phases; how they are divided is not known."""
    found = drawn(THREE, (48_000, 48_000, 48_000), 11_040)
    assert (found.believed, found.source, found.most_ma, found.least_ma) == (True, "power", 16_000, 16_000)
    found = drawn(THREE, (18_000, 18_000, 18_000), 4_140)
    assert (found.believed, found.source, found.least_ma, found.most_ma) == (True, "power", 6_000, 18_000)


@pytest.mark.parametrize(
    ("outlet", "current_ma", "power_w"),
    [
        (THREE, (16_000, 16_000, 16_000), 11_040),
        (THREE, (16_000, 0, 0), 3_680),
        (THREE, (300, 300, 300), 100),
        (ONE, (0, 16_000, 0), 3_680),
        (AMERICAN, (40_000, 40_000, 0), 9_600),
    ],
)
def test_currents_of_phases_count_as_they_are(outlet, current_ma, power_w):
    found = drawn(outlet, current_ma, power_w)
    assert (found.believed, found.source, found.most_ma) == (True, "current", max(current_ma))


def test_the_sum_is_not_taken_for_believed_where_power_is_missing_or_says_otherwise():
    assert not drawn(THREE, (48_000, 48_000, 48_000), None).believed
    assert not drawn(THREE, (48_000, 48_000, 48_000), 22_000).believed
