"""Urgent reviews: granted by the rule within a quota, or by an operator."""

from __future__ import annotations

import pytest

from domain.proof import prove
from domain.records.registry import VehicleRegistered
from domain.records.time import InputRejected
from domain.records.vehicles import (
    PriorityClaimed,
    PriorityDenied,
    PriorityExpired,
    PriorityGranted,
    QuotaRefused,
    QuotaUsed,
    UrgentReviewOpened,
)
from domain.vehicle.priority import claim_id
from tests.stories.priority import HOUR_MS, PriorityStory
from tests.stories.story import MINUTE_MS, START_MS, of_type, one

CAR = VehicleRegistered(vehicle_id="v", battery_wh=60_000, max_ma=None, phases=1, owner_id="driver")

UNOWNED = CAR.model_copy(update={"owner_id": None})


def low(car: VehicleRegistered = CAR, **request) -> PriorityStory:
    """A car with a session, at 15 %."""
    story = PriorityStory(car, kind=None)
    story.reading(level_permille=150, enterprise_id=None)
    story.request(**request)
    return story


def waiting() -> PriorityStory:
    """A review that waits for an operator."""
    story = PriorityStory(CAR, kind=None)
    story.request()
    assert of_type(story.review(), UrgentReviewOpened)
    return story


def rejected(told) -> str:
    return one(InputRejected, told).reason


def test_a_level_of_15_percent_is_granted_until_the_departure():
    told = low().review()
    assert [type(event) for event in told] == [PriorityClaimed, QuotaUsed, PriorityGranted]
    assert told[0].holder == "account:driver"
    granted = told[-1]
    assert (granted.tier, granted.basis, granted.valid_until_ms) == (1, "low_charge", START_MS + 4 * HOUR_MS)
    assert granted.evidence.level_permille == 150
    assert granted.reason == "the charge level is at most 15 %; grant 1 of 2"
    assert prove(granted, {}).is_equal()


def test_but_for_no_longer_than_six_hours():
    story = low(hours=20)
    assert one(PriorityGranted, story.review()).valid_until_ms == START_MS + 6 * HOUR_MS
    expired = one(PriorityExpired, story.wait(6 * 60))
    assert (expired.tier, expired.reason) == (1, "it was granted until the departure, or for 6 hours")
    assert story.tier() == 2


def test_a_car_that_nobody_owns_has_a_quota_of_its_own():
    assert one(PriorityClaimed, low(UNOWNED).review()).holder == "account:v"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "the charge level is not known"),
        ({"level_permille": 151}, "the charge level is above 15 %"),
        ({"level_permille": 100, "age_ms": 300_001}, "the charge level is not known"),
        ({"level_permille": 100, "source": "driver"}, "the charge level is not known"),
    ],
)
def test_otherwise_an_operator_is_asked_for_15_minutes(said, reason):
    story = PriorityStory(CAR, kind=None)
    story.reading(**said)
    story.request()
    opened = one(UrgentReviewOpened, story.review())
    assert opened.reason.startswith(reason)
    assert (opened.session_id, opened.decide_by_ms) == ("s1", START_MS + 15 * MINUTE_MS)
    assert story.tier() == 2


def test_the_charge_level_of_a_request_is_no_proof():
    story = PriorityStory(CAR, kind=None)
    story.request(level_permille=50)
    assert of_type(story.review(), UrgentReviewOpened)


def test_the_third_in_seven_days_is_an_operator_s_to_decide():
    story = low()
    story.review("s1")
    story.end("s1")
    story.request("s2")
    story.review("s2")
    story.end("s2")
    story.request("s3")
    told = story.review("s3")
    assert of_type(told, QuotaRefused)
    assert one(UrgentReviewOpened, told).reason == "2 of 2 grants in 7 days are used"


@pytest.mark.parametrize("granted", [True, False])
def test_the_operator_decides(granted):
    story = waiting()
    story.wait(14)
    (told,) = story.decide(granted)
    assert (type(told), told.basis) == (PriorityGranted if granted else PriorityDenied, "operator")
    assert story.tier() == (1 if granted else 2)
    assert not of_type(story.wait(60), PriorityDenied), "it is decided"


def test_an_operator_s_grant_ends_with_the_departure():
    story = waiting()
    assert one(PriorityGranted, story.decide(granted=True)).valid_until_ms == START_MS + 4 * HOUR_MS
    assert of_type(story.wait(4 * 60), PriorityExpired)


def test_nobody_decided_in_15_minutes_is_a_denial():
    story = waiting()
    assert story.wait(14.999) == []
    denied = one(PriorityDenied, story.wait(0.001))
    assert (denied.basis, denied.reason) == ("operator", "nobody decided within 15 minutes: normal priority")
    assert "no urgent review of this session is open" in rejected(story.decide(granted=True))


def test_there_is_one_review_a_session():
    story = waiting()
    assert rejected(story.review()) == "this session had its urgent review"
    story.decide(granted=False)
    assert rejected(story.review()) == "this session had its urgent review"
    story.end()
    story.request("s2")
    assert of_type(story.review("s2"), UrgentReviewOpened)


def test_who_has_priority_needs_no_review():
    story = low()
    story.review()
    assert rejected(story.review()) == "this session has priority already"


@pytest.mark.parametrize("ask", [lambda story, of: story.review(of), lambda story, of: story.decide(True, of)])
def test_only_of_the_open_session(ask):
    story = PriorityStory(CAR, kind=None)
    assert rejected(ask(story, "s1")) == "this vehicle has no such session open"
    story.request("s1")
    assert rejected(ask(story, "s2")) == "this vehicle has no such session open"


def test_a_decision_that_nobody_asked_for_is_rejected():
    story = low()
    assert rejected(story.decide(granted=True)) == "no urgent review of this session is open"
    story.review()
    assert rejected(story.decide(granted=False)) == "no urgent review of this session is open"


def test_after_the_departure_there_is_nothing_to_grant():
    story = low(hours=0.1)
    story.wait(7)
    assert rejected(story.review()) == "the departure of this session is past"


def test_a_grant_that_comes_after_the_departure_is_a_denial():
    story = PriorityStory(CAR, kind=None)
    story.request(hours=0.1)
    story.review()
    story.wait(7)
    assert one(PriorityDenied, story.decide(granted=True)).reason == "the departure of this session is past"


def test_the_end_of_the_session_ends_its_review():
    story = waiting()
    story.end()
    assert story.wait(20) == []
    assert rejected(story.decide(granted=True)) == "this vehicle has no such session open"


def test_a_verified_mission_closes_a_review_and_is_not_lowered_by_it():
    story = PriorityStory()
    story.request()
    story.review()
    story.wait(1)
    assert one(PriorityGranted, story.on_mission()).tier == 0
    assert rejected(story.decide(granted=True)) == "no urgent review of this session is open"
    assert not of_type(story.wait(20), PriorityDenied)


def test_an_answer_of_the_quota_never_lowers_what_the_session_has():
    story = PriorityStory()
    story.on_mission(level_permille=100)
    story.request()
    claim = claim_id("s1", "low_charge")
    assert story.when(QuotaUsed(claim_id=claim, vehicle_id="v", tier=1, used=1, limit=2, rule="r", reason="room")) == []
    assert story.tier() == 0


def test_a_mission_that_begins_later_is_better_than_a_review():
    story = PriorityStory()
    story.reading(level_permille=100)
    story.request()
    assert one(PriorityGranted, story.review()).tier == 1
    story.wait(1)
    assert one(PriorityGranted, story.on_mission()).tier == 0
    assert story.tier() == 0


def test_a_mission_that_is_no_better_than_a_review_changes_nothing():
    story = PriorityStory(kind="fleet")
    story.reading(level_permille=100)
    story.request()
    until_ms = one(PriorityGranted, story.review()).valid_until_ms
    story.wait(1)
    assert not of_type(story.on_mission(), PriorityGranted)
    assert story.vehicle().visit.grant.valid_until_ms == until_ms
    assert story.on_mission(age_ms=-1) == [], "and is not claimed with every reading"
