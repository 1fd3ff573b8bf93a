"""Requests join the queue, or are refused."""

from __future__ import annotations

from domain.records import vehicles
from domain.records.sites import SessionOffered, SessionQueued, SessionRefused
from tests.stories.site import SiteStory
from tests.stories.story import MINUTE_MS, of_type, one


def test_a_request_is_queued_and_offered_a_free_charger_at_once():
    story = SiteStory()
    told = story.request("a")
    assert one(SessionQueued, told).session_id == "a"
    offer = one(SessionOffered, told)
    assert (offer.session_id, offer.charger_id) == ("a", "p2c0")
    assert offer.held_until_ms == story.now_ms + 5 * MINUTE_MS
    assert offer.rule == "offers.next_in_queue.v1"


def test_who_comes_when_all_is_taken_waits():
    story = SiteStory()
    story.charging("a", "p2c0")
    told = story.request("b")
    assert of_type(told, SessionQueued)
    assert not of_type(told, SessionOffered)


def test_a_second_request_of_a_car_that_charges_here_is_refused():
    story = SiteStory()
    story.charging("a", "p2c0")
    again = vehicles.SessionRequested(
        session_id="z",
        vehicle_id="v-a",
        site_id="s",
        tier=2,
        target_permille=800,
        level_permille=None,
        need_wh=None,
        depart_ms=story.now_ms + 1,
        max_ma=None,
        phases=1,
    )
    assert one(SessionRefused, story.when(again)).reason == "this vehicle is charging here already"


def test_a_request_for_a_site_that_nobody_registered_is_refused_so_that_the_vehicle_is_free_again():
    story = SiteStory()
    story.stream = "sites:elsewhere"
    assert one(SessionRefused, story.request("a")).reason == "this site has no chargers"
