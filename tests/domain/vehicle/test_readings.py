"""Which readings are believed: given what was said, when more is said, then this is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.records.observations import Reading
from domain.vehicle.readings import AHEAD_MS, FRESH_MS, Observed, Readings, fresh, with_reading

NOW_MS = 1_000_000_000
KINDS = {
    "soc_permille": "level_permille",
    "range_m": "range_m",
    "plugged_in": "plugged_in",
    "mission_active": "mission_active",
    "location_zone": "location_zone",
}
"""Each kind of observation, and the field of a reading that holds it."""


def said(**different) -> Reading:
    """By the integration of the vehicle's own enterprise, now."""
    told = {"vehicle_id": "v", "source": "integration", "enterprise_id": "e", "observed_ms": NOW_MS}
    return Reading(**{**told, **different})


def after(*readings: Reading, enterprise_id: str | None = "e") -> Readings:
    known = Readings()
    for reading in readings:
        known = with_reading(known, reading, enterprise_id, NOW_MS)
    return known


def test_an_integration_is_believed_about_everything_that_it_says():
    known = after(
        said(level_permille=120, range_m=40_000, plugged_in=False, mission_active=True, location_zone="9qh1u")
    )
    assert known == Readings(
        soc_permille=Observed(120, NOW_MS, NOW_MS),
        range_m=Observed(40_000, NOW_MS, NOW_MS),
        plugged_in=Observed(False, NOW_MS, NOW_MS),
        mission_active=Observed(True, NOW_MS, NOW_MS),
        location_zone=Observed("9qh1u", NOW_MS, NOW_MS),
    )


def test_what_is_not_said_is_not_denied():
    first = after(said(level_permille=120, mission_active=True))
    assert with_reading(first, said(observed_ms=NOW_MS + 1), "e", NOW_MS) == first


def test_a_driver_is_believed_about_nothing_and_hides_nothing():
    by_integration = said(level_permille=120, mission_active=True, location_zone="z")
    by_driver = said(
        source="driver", observed_ms=NOW_MS + 1, level_permille=10, mission_active=False, location_zone="y"
    )
    assert after(by_driver) == Readings()
    assert after(by_integration, by_driver) == after(by_integration)


@pytest.mark.parametrize(("speaker", "own"), [("other", "e"), (None, "e"), ("e", None), (None, None)])
def test_of_a_mission_only_the_own_enterprise_is_believed(speaker, own):
    known = after(said(enterprise_id=speaker, mission_active=True, level_permille=120), enterprise_id=own)
    assert known.mission_active is None
    assert known.soc_permille == Observed(120, NOW_MS, NOW_MS)


def test_a_position_has_a_time_of_its_own():
    known = after(said(location_zone="z", level_permille=1, location_observed_ms=NOW_MS - 7))
    assert known.location_zone == Observed("z", NOW_MS - 7, NOW_MS)
    assert known.soc_permille == Observed(1, NOW_MS, NOW_MS)


@pytest.mark.parametrize("earlier_ms", [0, 1, 100_000])
def test_an_older_or_equal_observation_changes_nothing(earlier_ms):
    first = said(level_permille=120, range_m=1, plugged_in=True, mission_active=False, location_zone="a")
    late = said(
        observed_ms=NOW_MS - earlier_ms,
        level_permille=10,
        range_m=2,
        plugged_in=False,
        mission_active=True,
        location_zone="b",
    )
    assert after(first, late) == after(first)


def test_each_kind_has_a_time_of_its_own():
    known = after(said(level_permille=120), said(observed_ms=NOW_MS - 5, level_permille=10, range_m=2))
    assert known.soc_permille == Observed(120, NOW_MS, NOW_MS)
    assert known.range_m == Observed(2, NOW_MS - 5, NOW_MS)


@pytest.mark.parametrize("source", ["driver", "integration"])
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"observed_ms": NOW_MS + AHEAD_MS + 1}, "observed_at"),
        ({"location_zone": "z", "location_observed_ms": NOW_MS + AHEAD_MS + 1}, "location_observed_at"),
        ({"level_permille": -1}, "soc"),
        ({"level_permille": 1001}, "soc"),
    ],
)
def test_what_can_not_be_true_is_rejected_by_the_name_of_its_field(source, wrong, field):
    with pytest.raises(DomainError) as rejected:
        after(said(source=source, **wrong))
    assert rejected.value.field == field


@pytest.mark.parametrize("edge", [{"observed_ms": NOW_MS + AHEAD_MS}, {"level_permille": 0}, {"level_permille": 1000}])
def test_the_edges_of_what_can_be_true_are_accepted(edge):
    assert after(said(range_m=1, **edge)) != Readings()


def test_what_was_observed_within_five_minutes_is_fresh():
    known = Observed(True, NOW_MS, NOW_MS)
    assert fresh(known, NOW_MS + FRESH_MS) == known
    assert fresh(known, NOW_MS + FRESH_MS + 1) is None
    assert fresh(None, NOW_MS) is None
    assert FRESH_MS == 300_000


@given(st.lists(st.tuples(st.integers(-400_000, AHEAD_MS), st.sampled_from([*KINDS])), max_size=12), st.randoms())
def test_in_whatever_order_readings_arrive_the_newest_of_each_kind_is_known(told, random):
    values = {"soc_permille": 5, "range_m": 6, "plugged_in": True, "mission_active": False, "location_zone": "z"}
    readings = [said(observed_ms=NOW_MS + at, **{KINDS[kind]: values[kind]}) for at, kind in told]
    shuffled = random.sample(readings, len(readings))
    assert after(*readings) == after(*shuffled)
    for kind in KINDS:
        times = [NOW_MS + at for at, of_kind in told if of_kind == kind]
        known = getattr(after(*readings), kind)
        assert (known and known.observed_ms) == max(times, default=None)
