"""Offers: held for a time, accepted, snoozed, lost."""

from __future__ import annotations

from domain.records import load, vehicles
from domain.records.sites import SessionEnded, SessionOffered, SessionRequeued, SessionSnoozed
from tests.stories.site import SiteStory
from tests.stories.story import one


def test_an_offer_that_nobody_answers_lapses_and_the_next_gets_it():
    story = SiteStory()
    story.request("a")
    story.request("b")
    told = story.wait(6)
    ended = one(SessionEnded, told)
    assert (ended.session_id, ended.state, ended.reason) == ("a", "expired", "no_show")
    assert one(SessionOffered, told).session_id == "b"


def test_an_accepted_charger_must_be_used_in_time():
    story = SiteStory()
    story.request("a")
    story.accept("a")
    ended = one(SessionEnded, story.wait(16))
    assert (ended.state, ended.reason) == ("expired", "no_show")


def test_snooze_lets_the_next_go_first_and_keeps_the_place():
    story = SiteStory()
    story.request("a")
    story.wait(1)
    story.request("b")
    told = story.when(vehicles.SnoozeRequested(session_id="a", site_id="s"))
    assert one(SessionSnoozed, told).session_id == "a"
    assert one(SessionOffered, told).session_id == "b"
    story.authorize("p2c0", "b")
    story.start("p2c0", "b")
    story.wait(10)
    story.request("c")
    facts = one(SessionOffered, story.stop("p2c0")).facts
    assert [row.session_id for row in facts] == ["a", "c"]


def test_a_charger_that_fails_gives_its_car_back_to_the_queue_at_its_old_place():
    story = SiteStory(per_panel=2)
    story.request("a")
    story.accept("a")
    told = story.when(load.ChargerDisconnected(charger_id="p2c0", connection_id="x", reason="gone"))
    assert one(SessionRequeued, told).session_id == "a"
    assert one(SessionOffered, told).charger_id == "p2c1"


def test_priority_goes_to_the_head_of_the_queue():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.request("b")
    story.wait(60)
    story.request("p0", tier=0)
    assert one(SessionOffered, story.stop("p2c0")).session_id == "p0"
