"""Location zones: known geohashes, and what is near what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.vehicle.zone import is_near, zone_of

CELL_DEG = 180 / 4096


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


@given(
    st.floats(-89.9, 89.9),
    st.floats(-180, 180, exclude_max=True),
    st.sampled_from([-1, 0, 1]),
    st.sampled_from([-1, 0, 1]),
)
def test_cells_that_touch_are_near_also_across_the_date_line(latitude_deg, longitude_deg, up, right):
    other_latitude_deg = min(90, max(-90, latitude_deg + up * CELL_DEG))
    other_longitude_deg = (longitude_deg + right * CELL_DEG + 180) % 360 - 180
    here, there = zone_of(latitude_deg, longitude_deg), zone_of(other_latitude_deg, other_longitude_deg)
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
