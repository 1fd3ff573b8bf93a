"""A charger with several connectors: each is an outlet of its own for sessions and the queue."""

from __future__ import annotations

from domain.records.sites import SessionCharging, SessionEnded, SessionRequeued, StartDenied, StartRequested
from tests.stories.site import SiteStory
from tests.stories.story import of_type, one


def two_connectors() -> SiteStory:
    story = SiteStory(panels=())
    story.add_charger("d", "p2", connectors=2)
    return story


def test_two_cars_are_sent_to_the_two_connectors_of_one_charger():
    story = two_connectors()
    story.request("a")
    story.request("b")
    assert {session.charger_id for session in story.site.sessions.values()} == {"d:1", "d:2"}


def test_a_start_on_the_other_connector_takes_nobodys_place():
    story = two_connectors()
    story.charging("a", "d:1")
    events = story.start("d:2", None)
    assert of_type(events, SessionCharging)
    assert not of_type(events, SessionRequeued)
    assert story.site.sessions["a"].charger_id == "d:1"


def test_the_stop_of_one_transaction_ends_only_its_own_session():
    story = two_connectors()
    story.charging("a", "d:1")
    story.charging("b", "d:2")
    ended = one(SessionEnded, story.stop("d:1", energy_wh=500))
    assert (ended.session_id, ended.energy_wh) == ("a", 500)
    assert story.site.sessions["b"].state == "charging"


def test_a_start_and_a_stop_on_a_connector_that_was_never_registered_concern_no_session():
    story = SiteStory()
    story.charging("a", "p2c0")
    assert not of_type(story.start("p2c0", None, evse_id=2), SessionRequeued)
    own = story.transactions["p2c0"]
    story.transactions["p2c0"] = own + "000"
    assert not of_type(story.stop("p2c0", energy_wh=99_000), SessionEnded)
    story.transactions["p2c0"] = own
    assert one(SessionEnded, story.stop("p2c0", energy_wh=700)).energy_wh == 700


def test_a_card_is_admitted_at_the_outlet_that_is_held_for_its_car():
    story = two_connectors()
    story.request("a")
    story.request("b")
    held = {session.vehicle_id: session.charger_id for session in story.site.sessions.values()}
    for session in ("b", "a"):
        assert one(StartRequested, story.authorize("d", session)).charger_id == held[f"v-{session}"]


def test_a_walk_up_is_admitted_where_a_car_was_plugged_in():
    story = two_connectors()
    story.status("d:2", "preparing")
    assert one(StartRequested, story.authorize("d", None)).charger_id == "d:2"


def test_a_walk_up_is_denied_only_where_no_connector_is_free():
    story = two_connectors()
    story.charging("a", "d:1")
    assert one(StartRequested, story.authorize("d", None)).charger_id == "d:2"
    story.start("d:2", None)
    assert one(StartDenied, story.authorize("d", "b")).reason == "the charger is in use"


def test_a_broken_connector_is_out_alone_and_comes_back_with_its_own_status():
    story = two_connectors()
    story.status("d:2", "faulted")
    assert [charger.outlet.id for charger in story.site.free_chargers()] == ["d:1"]
    for outlet in ("d:1", "d:2"):
        story.status(outlet, "unavailable", evse_id=0)
    assert story.site.free_chargers() == []
    for outlet in ("d:1", "d:2"):
        story.status(outlet, "available", evse_id=0)
    assert [charger.outlet.id for charger in story.site.free_chargers()] == ["d:1"]


def test_the_meter_of_the_whole_charger_is_no_sessions_energy():
    """A clock-aligned reading of connector 0 is the station's own meter, of 8 MWh and more."""
    story = SiteStory()
    story.charging("a", "p2c0")
    assert not of_type(story.meter("p2c0", 8_123_456, evse_id=0), SessionEnded)
    assert not of_type(story.meter("p2c0", 8_123_456, evse_id=2), SessionEnded)
    assert story.observations.delivered_wh(story.site.sessions["a"]) in (None, 0)
