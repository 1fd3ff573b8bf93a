"""Location zones: known geohashes, and what is near what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.vehicle.zone import is_near, zone_of

CELL_DEG = 180 / 4096
ROWS, COLUMNS = 4096, 8192


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "zone"),
    [(57.64911, 10.40744, "u4pru"), (34.0522, -118.2437, "9q5ct"), (-25.382708, -49.265506, "6gkzw"), (0, 0, "s0000")],
)
def test_positions_have_the_geohash_that_everybody_gives_them(latitude_deg, longitude_deg, zone):
    assert zone_of(latitude_deg, longitude_deg) == zone


@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(90.1, 0), (-91, 0), (0, 180.5), (0, -181)])
def test_what_is_not_on_earth_has_no_zone(latitude_deg, longitude_deg):
    with pytest.raises(ValueError, match="lies in"):
        zone_of(latitude_deg, longitude_deg)


WITHIN_A_CELL = st.floats(0.01, 0.99)  # not at its edge, where a sum of floats may fall on either side


@given(
    st.tuples(st.integers(0, ROWS - 1), WITHIN_A_CELL),
    st.tuples(st.integers(0, COLUMNS - 1), WITHIN_A_CELL),
    st.sampled_from([-1, 0, 1]),
    st.sampled_from([-1, 0, 1]),
)
def test_cells_that_touch_are_near_also_across_the_date_line(row, column, up, right):
    def zone(of_row, of_column):
        return zone_of((of_row + row[1]) * CELL_DEG - 90, (of_column + column[1]) * CELL_DEG - 180)

    here = zone(row[0], column[0])
    there = zone(min(ROWS - 1, max(0, row[0] + up)), (column[0] + right) % COLUMNS)
    assert is_near(here, there)
    assert is_near(there, here)


@given(st.floats(-80, 80), st.floats(-180, 180), st.sampled_from([-3, 3]))
def test_three_cells_away_is_not_near(latitude_deg, longitude_deg, up):
    assert not is_near(zone_of(latitude_deg, longitude_deg), zone_of(latitude_deg + up * CELL_DEG, longitude_deg))


def test_zones_of_another_make_are_near_only_themselves():
    assert is_near("harbour", "harbour")
    assert not is_near("harbour", "9q5ct")
    assert not is_near("Z1", "Z2")


def test_unknown_is_near_nothing():
    assert not is_near(None, "9q5ct")
    assert not is_near("9q5ct", None)
    assert not is_near(None, None)
