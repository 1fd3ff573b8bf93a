"""What an operator does to an outlet: end its session, release it."""

from __future__ import annotations

import pytest

from domain.records.sites import (
    ChargerOccupied,
    ChargerReleased,
    EndSession,
    ReleaseOutlet,
    SessionEnded,
    SessionOffered,
    SessionRequeued,
)
from tests.stories.site import SiteStory
from tests.stories.story import of_type, one, rejection


def test_a_session_that_charges_is_completed_and_its_car_occupies_the_outlet():
    story = SiteStory()
    story.charging("a", "p2c0")
    events = story.when(EndSession(charger_id="p2c0", session_id="a"))
    ended = one(SessionEnded, events)
    assert (ended.session_id, ended.state, ended.reason) == ("a", "completed", "operator")
    assert of_type(events, ChargerOccupied)


def test_the_session_of_a_walk_up_can_be_ended_too():
    story = SiteStory()
    story.authorize("p2c0", None)
    story.start("p2c0", None)
    ended = one(SessionEnded, story.when(EndSession(charger_id="p2c0")))
    assert (ended.vehicle_id, ended.state, ended.reason) == (None, "completed", "operator")


def test_a_session_that_holds_an_outlet_is_cancelled_and_the_next_one_gets_it():
    story = SiteStory()
    story.request("a")
    story.request("b")
    events = story.when(EndSession(charger_id="p2c0"))
    assert one(SessionEnded, events).state == "cancelled"
    assert one(SessionOffered, events).session_id == "b"


def test_another_session_than_the_one_that_is_meant_goes_on():
    story = SiteStory()
    story.charging("a", "p2c0")
    field, reason = rejection(story.when(EndSession(charger_id="p2c0", session_id="b")))
    assert (field, reason) == ("session_id", "no such session has this outlet")


@pytest.mark.parametrize("accepted", [False, True])
def test_a_released_outlet_lets_its_session_wait_again_at_its_place(accepted):
    story = SiteStory()
    story.request("a")
    if accepted:
        story.accept("a")
    events = story.when(ReleaseOutlet(charger_id="p2c0"))
    requeued = one(SessionRequeued, events)
    assert (requeued.session_id, requeued.reason) == ("a", "an operator released the charger")
    assert one(SessionOffered, events).session_id == "a"


def test_a_released_outlet_forgets_the_car_that_stayed():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.when(EndSession(charger_id="p2c0"))
    assert story.site.chargers["p2c0"].occupant == "a"
    assert one(ChargerReleased, story.when(ReleaseOutlet(charger_id="p2c0")))
    assert story.site.chargers["p2c0"].occupant is None


def test_an_outlet_is_not_released_while_a_car_charges_there():
    story = SiteStory()
    story.charging("a", "p2c0")
    field, reason = rejection(story.when(ReleaseOutlet(charger_id="p2c0")))
    assert (field, reason) == ("charger_id", "a car is charging there: end its session")


def test_an_outlet_of_nobody_can_not_be_released():
    story = SiteStory()
    field, reason = rejection(story.when(ReleaseOutlet(charger_id="p2c0")))
    assert (field, reason) == ("charger_id", "the outlet is held for nobody")
