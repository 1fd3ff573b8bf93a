"""A transaction that began without a permit takes nobody's outlet; its own car's is agreed to like its card."""

from __future__ import annotations

from domain.records import load
from domain.records.sites import SessionCharging, SessionQueued, SessionRequeued, StartDenied, StartRequested
from tests.stories.site import SiteStory
from tests.stories.story import of_type, one


def seek(story: SiteStory, session_id: str | None) -> list:
    vehicle = None if session_id is None else f"v-{session_id}"
    return story.when(
        load.PermitSought(
            charger_id="p2c0", transaction_id=story.transactions["p2c0"], token_ref="t", vehicle_id=vehicle
        )
    )


def permit(story: SiteStory) -> list:
    return story.when(
        load.TransactionPermitted(charger_id="p2c0", request_id="r", start_ma=0, expires_ms=0, rule="r", reason="r")
    )


def test_a_refused_card_that_starts_anyway_leaves_the_outlet_to_its_session():
    story = SiteStory()
    story.request("a")
    story.accept("a")
    events = story.start("p2c0", None, permitted=False)
    assert not of_type(events, SessionRequeued, SessionQueued, SessionCharging)
    assert one(StartDenied, seek(story, None)).reason == "the charger is held for another car"
    session = story.site.sessions["a"]
    assert (session.state, session.charger_id) == ("assigned", "p2c0")


def test_the_car_that_the_outlet_is_held_for_needs_no_authorize():
    story = SiteStory()
    story.request("a")
    story.accept("a")
    story.start("p2c0", "a", permitted=False)
    assert one(StartRequested, seek(story, "a")).charger_id == "p2c0"
    charging = one(SessionCharging, permit(story))
    assert (charging.session_id, charging.transaction_id) == ("a", story.transactions["p2c0"])


def test_a_walk_up_with_a_cached_card_charges_where_nobody_waits():
    story = SiteStory()
    story.start("p2c0", None, permitted=False)
    assert one(StartRequested, seek(story, None))
    assert of_type(permit(story), SessionQueued, SessionCharging)


def test_a_walk_up_with_a_cached_card_does_not_pass_the_queue():
    story = SiteStory()
    story.status("p2c0", "faulted")
    story.request("a")
    story.start("p2c0", None, permitted=False)
    assert one(StartDenied, seek(story, None)).reason.startswith("others wait")


def test_a_permit_of_another_start_begins_no_second_session():
    story = SiteStory()
    story.charging("a", "p2c0")
    assert not of_type(permit(story), SessionCharging, SessionQueued)
