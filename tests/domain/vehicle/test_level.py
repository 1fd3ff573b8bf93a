"""A charge level that a car can't have come to proves nothing until a second reading agrees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.records.registry import VehicleRegistered
from domain.records.vehicles import PriorityExpired, PriorityGranted, UrgentReviewOpened
from domain.vehicle.level import NOISE_PERMILLE, is_possible
from tests.stories.priority import PriorityStory
from tests.stories.story import MINUTE_MS, of_type, one

CAR = VehicleRegistered(vehicle_id="v", battery_wh=60_000, max_ma=None, phases=1, owner_id="driver")


def seen(*levels: tuple[int, float], car: VehicleRegistered = CAR) -> PriorityStory:
    """A car with a session, whose cloud reports these levels, each so many minutes after the one before."""
    story = PriorityStory(car, kind=None)
    story.request()
    for permille, minutes in levels:
        story.now_ms += int(minutes * MINUTE_MS)
        story.reading(level_permille=permille, enterprise_id=None)
    return story


@pytest.mark.parametrize("low", [0, 50, 120])
def test_a_level_that_falls_at_once_grants_nothing(low):
    story = seen((780, 0), (775, 0.5), (low, 1))
    opened = one(UrgentReviewOpened, story.review())
    assert opened.reason.startswith("the charge level is not known")
    assert story.tier() == 2


def test_a_second_reading_that_agrees_proves_it():
    story = seen((780, 0), (775, 0.5), (100, 1), (98, 1))
    assert one(PriorityGranted, story.review()).evidence.level_permille == 98


def test_a_second_reading_that_agrees_with_the_level_before_ends_the_doubt():
    story = seen((780, 0), (0, 1), (770, 1), (0, 1))
    assert of_type(story.review(), PriorityGranted) == []


@pytest.mark.parametrize(("before", "minutes"), [(400, 30), (200, 3), (780, 60)])
def test_a_level_that_a_car_can_have_come_to_counts_at_once(before, minutes):
    assert of_type(seen((before, 0), (120, minutes)).review(), PriorityGranted)


@pytest.mark.parametrize("second", [770, 400, 1000])
def test_a_grant_goes_back_when_its_level_is_contradicted_within_minutes(second):
    story = seen((0, 0))
    assert of_type(story.review(), PriorityGranted)
    story.now_ms += 2_000
    expired = one(PriorityExpired, story.reading(level_permille=second, enterprise_id=None))
    assert expired.reason == f"it was granted at 0 %, and {second // 10} % was reported within minutes"
    assert story.tier() == 2


@pytest.mark.parametrize(("level", "minutes"), [(60, 1), (300, 10), (900, 60)])
def test_a_grant_stays_while_the_car_charges(level, minutes):
    story = seen((50, 0))
    assert of_type(story.review(), PriorityGranted)
    story.now_ms += minutes * MINUTE_MS
    assert of_type(story.reading(level_permille=level, enterprise_id=None), PriorityExpired) == []


def test_a_drivers_own_word_takes_no_grant_back():
    story = seen((50, 0))
    story.review()
    assert of_type(story.reading(level_permille=900, source="driver", enterprise_id=None), PriorityExpired) == []


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 10**7), st.one_of(st.none(), st.integers(1, 10**6)))
def test_a_level_that_stays_is_possible_and_time_only_adds_what_is(before, after, elapsed_ms, battery_wh):
    assert is_possible(before, before, 0, battery_wh)
    if is_possible(before, after, elapsed_ms, battery_wh):
        assert is_possible(before, after, elapsed_ms + 60_000, battery_wh)
    assert is_possible(before, after, 0, battery_wh) == (abs(after - before) <= NOISE_PERMILLE)


def test_a_low_level_that_was_contradicted_a_moment_ago_grants_nothing():
    """As a grant on it would go back by the same reading."""
    story = PriorityStory(CAR, kind=None)
    story.request()
    story.reading(level_permille=100, enterprise_id=None)
    story.now_ms += 600
    story.reading(level_permille=500, enterprise_id=None)
    opened = one(UrgentReviewOpened, story.review())
    assert opened.evidence.level_permille is None
    assert opened.reason.startswith("the charge level is not known")


@pytest.mark.parametrize(("third", "granted"), [(100, True), (500, False)])
def test_a_third_reading_settles_which_of_two_is_true(third, granted):
    story = PriorityStory(CAR, kind=None)
    story.request()
    for level in (100, 500, third):
        story.reading(level_permille=level, enterprise_id=None)
        story.now_ms += 600
    told = story.review()
    assert bool(of_type(told, PriorityGranted)) is granted
    evidence = told[-1].evidence if granted else one(UrgentReviewOpened, told).evidence
    assert evidence.level_permille == third
