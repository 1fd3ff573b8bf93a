"""What may be requested, and the energy that it needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.records.vehicles import SessionRequested
from domain.vehicle.session_request import check_request, energy_need_wh
from tests.stories.story import MINUTE_MS, START_MS, rejection
from tests.stories.vehicle import CAR, VehicleStory

DAY_MS = 24 * 60 * MINUTE_MS


@pytest.mark.parametrize(
    ("different", "field", "reason"),
    [
        ({"target_permille": 0, "level_permille": None}, "target_soc", "above 0 %"),
        ({"target_permille": -1, "level_permille": None}, "target_soc", "above 0 %"),
        ({"target_permille": 1001}, "target_soc", "at most at 100 %"),
        ({"level_permille": -1}, "current_soc", "0 % to 100 %"),
        ({"level_permille": 1001}, "current_soc", "0 % to 100 %"),
        ({"level_permille": 800}, "target_soc", "at its target already"),
        ({"level_permille": 801}, "target_soc", "at its target already"),
        ({"depart_ms": START_MS - 1}, "time_constraint_minutes", "over already"),
        ({"depart_ms": START_MS}, "time_constraint_minutes", "over already"),
        ({"depart_ms": START_MS + 7 * DAY_MS + 1}, "time_constraint_minutes", "seven days"),
    ],
)
def test_a_request_that_makes_no_sense_is_rejected_by_the_name_of_its_field(different, field, reason):
    story = VehicleStory()
    found, why = rejection(story.request("s1", **different))
    assert found == field
    assert reason in why
    [accepted] = story.request("s2")
    assert isinstance(accepted, SessionRequested), "a rejected request leaves the vehicle free"


@pytest.mark.parametrize(
    "different",
    [
        {"target_permille": 1, "level_permille": 0},
        {"target_permille": 1000, "level_permille": 999},
        {"depart_ms": START_MS + 1},
        {"depart_ms": START_MS + 7 * DAY_MS},
    ],
)
def test_the_edges_of_what_may_be_asked_are_accepted(different):
    [event] = VehicleStory().request(**different)
    assert isinstance(event, SessionRequested)


@pytest.mark.parametrize(("level", "battery"), [(None, 60_000), (400, None), (None, None)])
def test_the_need_is_unknown_where_a_part_of_it_is(level, battery):
    story = VehicleStory(CAR.model_copy(update={"battery_wh": battery}))
    [event] = story.request(level_permille=level)
    assert event.need_wh is None


@pytest.mark.parametrize(
    ("target", "level", "battery_wh", "need_wh"),
    [(800, 400, 60_000, 24_000), (1000, 0, 1_001, 1_001), (1, 0, 1_000, 1), (1, 0, 1_001, 2), (1, 0, 1_999, 2)],
)
def test_the_need_is_the_missing_part_of_the_battery_rounded_up(target, level, battery_wh, need_wh):
    assert energy_need_wh(target, level, battery_wh) == need_wh


@given(st.integers(1, 1000), st.integers(0, 999), st.integers(1_000, 2_000_000))
def test_the_need_is_never_short_of_the_target_and_less_than_1_wh_over_it(target, level, battery_wh):
    if level >= target:
        with pytest.raises(DomainError):
            check_request(target, level, START_MS + 1, START_MS)
        return
    check_request(target, level, START_MS + 1, START_MS)
    missing_mwh = (target - level) * battery_wh
    assert 0 <= energy_need_wh(target, level, battery_wh) * 1000 - missing_mwh < 1000
