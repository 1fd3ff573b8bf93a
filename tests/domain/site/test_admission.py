"""Who may start charging where."""

from __future__ import annotations

from domain.records.load import PermitSought
from domain.records.sites import SessionCharging, StartDenied, StartRequested
from tests.stories.site import SiteStory
from tests.stories.story import of_type, one


def test_a_car_may_plug_in_where_it_was_offered_without_accepting_first():
    story = SiteStory()
    story.request("a")
    assert of_type(story.authorize("p2c0", "a"), StartRequested)
    assert of_type(story.start("p2c0", "a"), SessionCharging)


def test_a_walk_up_may_not_take_a_charger_that_is_held():
    story = SiteStory()
    story.request("a")
    denied = one(StartDenied, story.authorize("p2c0", None))
    assert denied.reason == "the charger is held for another car"


def test_a_walk_up_may_not_pass_the_queue():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.request("b")
    assert one(StartDenied, story.authorize("p2c0", None)).reason == "the charger is in use"


def test_a_card_that_nobody_knows_may_charge_where_nobody_waits_unless_the_site_forbids_it():
    assert of_type(SiteStory().authorize("p2c0", None), StartRequested)
    story = SiteStory(walk_ups=False)
    assert one(StartDenied, story.authorize("p2c0", None)).reason == "this site serves known cards only"
    assert of_type(story.authorize("p2c0", "a"), StartRequested)


def test_a_start_with_a_card_that_nobody_knows_is_denied_where_the_site_forbids_it():
    story = SiteStory(walk_ups=False)
    sought = PermitSought(charger_id="p2c0", transaction_id="1", token_ref="t", vehicle_id=None)
    assert one(StartDenied, story.when(sought)).reason == "this site serves known cards only"


def test_a_car_that_stayed_plugged_in_starts_again_where_nobody_waits():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.stop("p2c0", 2_000)
    story.status("p2c0", "finishing")
    assert one(StartRequested, story.authorize("p2c0", "a"))
    assert one(StartRequested, story.authorize("p2c0", None))
    story.status("p2c0", "faulted")
    assert one(StartDenied, story.authorize("p2c0", "a")).reason == "the charger is out of order"
