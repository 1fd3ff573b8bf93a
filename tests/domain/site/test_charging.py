"""Transactions, as a site sees them."""

from __future__ import annotations

from domain.records import load
from domain.records.sites import (
    SessionAssigned,
    SessionCharging,
    SessionEnded,
    SessionQueued,
    SessionRequeued,
    StartRequested,
)
from tests.stories.site import SiteStory, targets
from tests.stories.story import of_type, one


def test_accept_then_plug_in_then_charging_with_a_target():
    story = SiteStory()
    story.request("a")
    assert one(SessionAssigned, story.accept("a")).charger_id == "p2c0"
    assert one(StartRequested, story.authorize("p2c0", "a")).vehicle_id == "v-a"
    told = story.start("p2c0", "a")
    assert one(SessionCharging, told).session_id == "a"
    assert targets(told) == {"p2c0": 32_000}


def test_unplugging_early_ends_the_session_so():
    story = SiteStory()
    story.charging("a", "p2c0")
    ended = one(SessionEnded, story.stop("p2c0", 4_000))
    assert (ended.state, ended.reason, ended.energy_wh) == ("completed", "unplugged", 4_000)


def test_a_stop_of_which_some_energy_is_unknown_ends_the_session_as_estimated():
    story = SiteStory()
    story.charging("a", "p2c0")
    ended = one(SessionEnded, story.stop("p2c0", 4_500, estimated=True))
    assert (ended.state, ended.energy_wh, ended.estimated) == ("completed", 4_500, True)


def test_a_fault_ends_the_session_as_failed():
    story = SiteStory()
    story.charging("a", "p2c0")
    ended = one(SessionEnded, story.stop("p2c0", 4_000, reason="power_loss"))
    assert (ended.state, ended.reason) == ("failed", "fault")


def test_a_walk_up_is_served_as_p2_until_it_leaves():
    story = SiteStory()
    assert of_type(story.authorize("p2c0", None), StartRequested)
    told = story.start("p2c0", None)
    queued = one(SessionQueued, told)
    assert (queued.walk_up, queued.tier, queued.need_wh) == (True, 2, None)
    assert targets(told) == {"p2c0": 32_000}
    assert not of_type(story.meter("p2c0", 90_000), SessionEnded)
    assert one(SessionEnded, story.stop("p2c0", 90_000)).reason == "unplugged"


def test_the_start_of_another_car_ends_the_hold():
    story = SiteStory()
    story.request("a")
    told = story.start("p2c0", None)
    assert one(SessionRequeued, told).session_id == "a"
    assert one(SessionQueued, told).walk_up


def test_a_repeated_start_has_no_second_effect():
    story = SiteStory()
    story.charging("a", "p2c0")
    again = load.TransactionStarted(
        transaction_id="9",
        charger_id="p2c0",
        evse_id=1,
        vehicle_id="v-a",
        token_ref="t",
        meter_start_wh=0,
        permitted=True,
        commissioning=False,
        duplicate_of="i1",
    )
    assert story.when(again) == []


def test_commissioning_opens_no_session():
    story = SiteStory()
    assert not of_type(story.start("p2c0", None, commissioning=True), SessionQueued)
    assert not of_type(story.stop("p2c0", 100), SessionEnded)
