"""An interrupted session goes on by itself once there is current: its charger is asked to start a transaction."""

from __future__ import annotations

from domain.electrical.tree import specs_of
from domain.records import load
from domain.records.sites import (
    ResumeFailed,
    ResumeRequested,
    ResumeWithheld,
    ScheduleChanged,
    SessionCharging,
    SessionEnded,
    SessionQueued,
    StartDenied,
    StartRequested,
)
from domain.site.resumption import ATTEMPTS
from tests.stories.site import SiteStory, token_of
from tests.stories.story import of_type, one


def interrupted(session_id: str | None = "a") -> SiteStory:
    """A session that a cap has paused, at a charger that has ended its transaction without current."""
    story = SiteStory()
    story.status("p2c0", "preparing")
    story.start("p2c0", session_id) if session_id is None else story.charging(session_id, "p2c0")
    capacity(story, 1_000)
    story.status("p2c0", "finishing")
    story.stop("p2c0", 2_000, reason="other")
    return story


def capacity(story: SiteStory, limit_w: int) -> list:
    changed = tuple(node.model_copy(update={"limit_w": limit_w}) for node in specs_of(story.site.limits))
    return story.when(load.CapacityChanged(limits=changed, fixed=()))


def permit(story: SiteStory, asked: StartRequested) -> list:
    permitted = load.TransactionPermitted(
        charger_id=asked.charger_id,
        request_id=asked.request_id,
        start_ma=6_000,
        expires_ms=story.now_ms + 60_000,
        rule="r",
        reason="r",
    )
    return story.when(permitted)


def test_when_there_is_current_again_room_is_asked_for_its_start():
    story = interrupted()
    assert not of_type(story.wait(2), StartRequested), "there is no current yet"
    asked = one(StartRequested, capacity(story, 40_000))
    assert (asked.charger_id, asked.vehicle_id, asked.token_ref, asked.resumes) == ("p2c0", "v-a", token_of("a"), "a")


def test_with_room_its_charger_is_asked_to_start_with_its_token():
    story = interrupted()
    story.wait(2)
    asked = one(StartRequested, capacity(story, 40_000))
    resume = one(ResumeRequested, permit(story, asked))
    assert (resume.session_id, resume.charger_id, resume.token_ref) == ("a", "p2c0", token_of("a"))
    assert resume.expires_ms == story.now_ms + 60_000
    assert one(SessionCharging, story.start("p2c0", "a")).session_id == "a"
    assert one(SessionEnded, story.stop("p2c0", 3_000)).energy_wh == 5_000


def test_the_permit_of_a_card_that_was_presented_asks_for_no_start():
    story = interrupted()
    asked = one(StartRequested, story.authorize("p2c0", "a"))
    assert asked.resumes is None
    assert not of_type(permit(story, asked), ResumeRequested)


def test_others_keep_their_targets_while_it_has_no_transaction():
    story = interrupted()
    story.wait(2)
    assert not of_type(capacity(story, 40_000), ScheduleChanged)


def test_a_charger_that_has_just_ended_the_transaction_is_left_to_itself():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.status("p2c0", "preparing")
    assert not of_type(story.stop("p2c0", 1_500, reason="restarted"), StartRequested)
    assert one(StartRequested, story.wait(1)).resumes == "a"


def test_it_is_attempted_at_a_bounded_pace_and_then_its_driver_is_notified():
    story = interrupted()
    story.wait(2)
    attempts = of_type(capacity(story, 40_000), StartRequested)
    for number in range(1, ATTEMPTS + 1):
        assert len(attempts) == number
        assert of_type(permit(story, attempts[-1]), ResumeRequested)
        assert not of_type(permit(story, attempts[-1]), ResumeRequested), "once for each request"
        assert not of_type(story.wait(1.5), StartRequested)
        attempts += of_type(story.wait(1), StartRequested)
    assert len(attempts) == ATTEMPTS
    failed = one(ResumeFailed, story.events)
    assert (failed.session_id, failed.charger_id) == ("a", "p2c0")
    assert not of_type(story.wait(25), StartRequested)
    assert len(of_type(story.wait(30), StartRequested)) == 1
    assert len(of_type(story.events, ResumeFailed)) == 1


def test_a_charger_that_is_offline_or_out_of_order_is_not_asked():
    story = interrupted()
    story.wait(2)
    story.status("p2c0", "faulted")
    assert not of_type(capacity(story, 40_000), StartRequested)
    story.when(load.ChargerDisconnected(charger_id="p2c0", connection_id="x", reason="gone"))
    story.status("p2c0", "finishing")
    assert not of_type(story.wait(5), StartRequested)
    assert one(StartRequested, story.when(load.ChargerConnected(charger_id="p2c0", connection_id="y")))


def test_a_session_whose_token_is_not_known_leaves_it_to_its_driver_at_once():
    story = SiteStory()
    story.request("a")
    story.accept("a")
    story.start("p2c0", "a", token_ref="")
    story.status("p2c0", "preparing")
    story.stop("p2c0", 1_500, reason="restarted")
    events = story.wait(1)
    assert one(ResumeFailed, events).session_id == "a"
    assert not of_type(events, StartRequested)


def test_a_walk_up_of_an_unknown_card_goes_on_with_its_own_energy():
    story = interrupted(None)
    story.wait(2)
    asked = one(StartRequested, capacity(story, 40_000))
    assert (asked.vehicle_id, asked.token_ref) == (None, token_of(None))
    events = story.start("p2c0", None)
    assert not of_type(events, SessionQueued, SessionEnded)
    assert one(SessionEnded, story.stop("p2c0", 3_000)).energy_wh == 5_000


def test_the_unknown_card_that_began_a_walk_up_resumes_and_stops_it_and_no_other_does():
    story = interrupted(None)
    assert one(StartRequested, story.authorize("p2c0", None))
    story.start("p2c0", None)
    assert one(StartRequested, story.authorize("p2c0", None)), "to stop"
    denied = one(StartDenied, story.authorize("p2c0", "b"))
    assert denied.reason == "the charger is in use"


def test_after_another_card_only_its_own_card_resumes_it():
    story = interrupted()
    events = story.authorize("p2c0", "b")
    assert one(StartDenied, events).reason == "the charger is held for another car"
    withheld = one(ResumeWithheld, events)
    assert (withheld.session_id, withheld.charger_id) == ("a", "p2c0")
    assert not of_type(story.authorize("p2c0", "c"), ResumeWithheld), "its driver was notified"
    capacity(story, 40_000)
    assert not of_type(story.wait(60), StartRequested)
    assert one(StartRequested, story.authorize("p2c0", "a")).resumes is None
    assert one(SessionCharging, story.start("p2c0", "a")).session_id == "a"


def test_another_card_withholds_a_start_that_room_is_made_for():
    story = interrupted()
    story.wait(2)
    asked = one(StartRequested, capacity(story, 40_000))
    story.authorize("p2c0", "b")
    assert not of_type(permit(story, asked), ResumeRequested)


def test_its_own_card_and_a_card_that_charges_elsewhere_at_the_charger_withhold_nothing():
    story = interrupted()
    assert not of_type(story.authorize("p2c0", "a"), ResumeWithheld)
    assert not of_type(story.authorize("p2c1", "b"), ResumeWithheld)
    story.wait(2)
    assert one(StartRequested, capacity(story, 40_000)).resumes == "a"


def test_a_session_that_goes_on_and_is_interrupted_again_is_resumed_again():
    story = interrupted()
    story.authorize("p2c0", "b")
    story.start("p2c0", "a")
    story.status("p2c0", "preparing")
    story.stop("p2c0", 3_000, reason="restarted")
    capacity(story, 40_000)
    assert [asked.resumes for asked in of_type(story.wait(1), StartRequested)] == ["a"]
