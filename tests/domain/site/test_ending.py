"""The end of sessions, and what becomes of their chargers."""

from __future__ import annotations

from domain.records.sites import ChargerOccupied, ChargerReleased, SessionEnded, SessionOffered
from tests.stories.site import SiteStory, targets
from tests.stories.story import of_type, one


def test_the_session_is_complete_when_its_energy_has_arrived_and_the_charger_stays_occupied():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.wait(100)
    assert not of_type(story.meter("p2c0", 9_999), SessionEnded)
    told = story.meter("p2c0", 10_000)
    ended = one(SessionEnded, told)
    assert (ended.state, ended.reason, ended.energy_wh) == ("completed", "target_reached", 10_000)
    assert one(ChargerOccupied, told).wanted is False
    assert targets(told) == {"p2c0": 0}


def test_a_car_that_stops_by_itself_just_short_of_its_target_has_reached_it():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.limit("p2c0", 32_000)
    story.wait(100)
    assert not of_type(story.meter("p2c0", 9_990, current_ma=0), SessionEnded)
    story.wait(1)
    assert one(SessionEnded, story.meter("p2c0", 9_990, current_ma=0)).reason == "target_reached"


def test_a_car_that_stops_far_from_its_target_keeps_its_session():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.limit("p2c0", 32_000)
    story.wait(60)
    for _ in range(5):
        assert not of_type(story.meter("p2c0", 5_000, current_ma=0), SessionEnded)
        story.wait(1)


def test_the_charger_of_a_car_that_is_done_is_wanted_as_soon_as_another_waits():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.wait(100)
    story.meter("p2c0", 10_000)
    assert one(ChargerOccupied, story.request("b")).wanted is True
    assert not of_type(story.wait(1), SessionOffered)
    story.status("p2c0", "finishing")
    assert of_type(story.stop("p2c0", 10_000), ChargerReleased)
    assert one(SessionOffered, story.status("p2c0", "available")).session_id == "b"


def test_time_up_in_the_queue_expires():
    story = SiteStory()
    story.charging("a", "p2c0", hours=9)
    story.request("b", hours=0.5)
    ended = one(SessionEnded, story.wait(31))
    assert (ended.session_id, ended.state, ended.reason) == ("b", "expired", "time_up")


def test_a_session_past_its_departure_ends_only_when_another_waits():
    story = SiteStory()
    story.charging("a", "p2c0", hours=0.5)
    assert not of_type(story.wait(40), SessionEnded)
    ended = one(SessionEnded, story.request("b"))
    assert (ended.session_id, ended.state, ended.reason) == ("a", "completed", "time_up")
