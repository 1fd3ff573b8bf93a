"""`sites`: given what happened, when something happens, then these events."""

from __future__ import annotations

import pytest

from domain.records import load, registry, vehicles
from domain.records.sites import (
    ChargerOccupied,
    ChargerReleased,
    ScheduleChanged,
    SessionAssigned,
    SessionCharging,
    SessionEnded,
    SessionOffered,
    SessionPaused,
    SessionQueued,
    SessionRefused,
    SessionRequeued,
    SessionResumed,
    SessionSnoozed,
    StartDenied,
    StartRequested,
)
from domain.records.time import InputRejected
from tests.stories.site import NODES, SiteStory
from tests.stories.story import MINUTE_MS


def of(kind, payloads):
    return [one for one in payloads if isinstance(one, kind)]


def one(kind, payloads):
    (found,) = of(kind, payloads)
    return found


def targets(payloads):
    changed = of(ScheduleChanged, payloads)
    return {target.charger_id: target.target_ma for schedule in changed for target in schedule.targets}


def test_a_request_is_queued_and_offered_a_free_charger_at_once():
    story = SiteStory()
    told = story.request("a")
    assert one(SessionQueued, told).session_id == "a"
    offer = one(SessionOffered, told)
    assert (offer.session_id, offer.charger_id) == ("a", "p2c0")
    assert offer.held_until_ms == story.now_ms + 5 * MINUTE_MS
    assert offer.rule == "offers.next_in_queue.v1"


def test_accept_then_plug_in_then_charging_with_a_target():
    story = SiteStory()
    story.request("a")
    assert one(SessionAssigned, story.accept("a")).charger_id == "p2c0"
    assert one(StartRequested, story.authorize("p2c0", "a")).vehicle_id == "v-a"
    told = story.start("p2c0", "a")
    assert one(SessionCharging, told).session_id == "a"
    assert targets(told) == {"p2c0": 32_000}


def test_a_car_may_plug_in_where_it_was_offered_without_accepting_first():
    story = SiteStory()
    story.request("a")
    assert of(StartRequested, story.authorize("p2c0", "a"))
    assert of(SessionCharging, story.start("p2c0", "a"))


def test_who_comes_when_all_is_taken_waits():
    story = SiteStory()
    story.charging("a", "p2c0")
    told = story.request("b")
    assert of(SessionQueued, told)
    assert not of(SessionOffered, told)


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


@pytest.mark.parametrize(
    ("state", "asked", "reason"),
    [
        ("charging", vehicles.AcceptRequested(session_id="a", site_id="s"), "charging can't accept an offer"),
        ("charging", vehicles.SnoozeRequested(session_id="a", site_id="s"), "charging can't be snoozed"),
        ("queued", vehicles.AcceptRequested(session_id="b", site_id="s"), "queued can't accept an offer"),
        ("queued", vehicles.SnoozeRequested(session_id="b", site_id="s"), "queued can't be snoozed"),
        ("none", vehicles.CancelRequested(session_id="z", site_id="s"), "not open"),
    ],
)
def test_an_illegal_transition_is_rejected_with_the_reason(state, asked, reason):
    story = SiteStory()
    story.charging("a", "p2c0")
    story.request("b")
    rejected = one(InputRejected, story.when(asked))
    assert reason in rejected.reason
    assert rejected.field == "session_id"


def test_the_session_is_complete_when_its_energy_has_arrived_and_the_charger_stays_occupied():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    assert not of(SessionEnded, story.meter("p2c0", 9_999))
    told = story.meter("p2c0", 10_000)
    ended = one(SessionEnded, told)
    assert (ended.state, ended.reason, ended.energy_wh) == ("completed", "target_reached", 10_000)
    assert one(ChargerOccupied, told).wanted is False
    assert targets(told) == {"p2c0": 0}


def test_a_car_that_stops_by_itself_just_short_of_its_target_has_reached_it():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.when(_granted("p2c0", 32_000, story.now_ms))
    assert not of(SessionEnded, story.meter("p2c0", 9_990, current_ma=0))
    story.wait(1)
    assert one(SessionEnded, story.meter("p2c0", 9_990, current_ma=0)).reason == "target_reached"


def test_a_car_that_stops_far_from_its_target_keeps_its_session():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.when(_granted("p2c0", 32_000, story.now_ms))
    for _ in range(5):
        assert not of(SessionEnded, story.meter("p2c0", 5_000, current_ma=0))
        story.wait(1)


def test_who_is_done_is_asked_to_move_as_soon_as_somebody_waits():
    story = SiteStory()
    story.charging("a", "p2c0", need_wh=10_000)
    story.meter("p2c0", 10_000)
    assert one(ChargerOccupied, story.request("b")).wanted is True
    assert not of(SessionOffered, story.wait(1))
    story.status("p2c0", "Finishing")
    assert of(ChargerReleased, story.stop("p2c0", 10_000))
    assert one(SessionOffered, story.status("p2c0", "Available")).session_id == "b"


def test_unplugging_early_ends_the_session_so():
    story = SiteStory()
    story.charging("a", "p2c0")
    ended = one(SessionEnded, story.stop("p2c0", 4_000))
    assert (ended.state, ended.reason, ended.energy_wh) == ("completed", "unplugged", 4_000)


def test_a_fault_ends_the_session_as_failed():
    story = SiteStory()
    story.charging("a", "p2c0")
    ended = one(SessionEnded, story.stop("p2c0", 4_000, reason="PowerLoss"))
    assert (ended.state, ended.reason) == ("failed", "fault")


def test_time_up_in_the_queue_expires():
    story = SiteStory()
    story.charging("a", "p2c0", hours=9)
    story.request("b", hours=0.5)
    ended = one(SessionEnded, story.wait(31))
    assert (ended.session_id, ended.state, ended.reason) == ("b", "expired", "time_up")


def test_who_stays_after_her_time_makes_room_only_when_somebody_waits():
    story = SiteStory()
    story.charging("a", "p2c0", hours=0.5)
    assert not of(SessionEnded, story.wait(40))
    ended = one(SessionEnded, story.request("b"))
    assert (ended.session_id, ended.state, ended.reason) == ("a", "completed", "time_up")


def test_a_walk_up_is_served_as_p2_until_it_leaves():
    story = SiteStory()
    assert of(StartRequested, story.authorize("p2c0", None))
    told = story.start("p2c0", None)
    queued = one(SessionQueued, told)
    assert (queued.walk_up, queued.tier, queued.need_wh) == (True, 2, None)
    assert targets(told) == {"p2c0": 32_000}
    assert not of(SessionEnded, story.meter("p2c0", 90_000))
    assert one(SessionEnded, story.stop("p2c0", 90_000)).reason == "unplugged"


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


def test_a_charger_that_fails_gives_its_car_back_to_the_queue_at_its_old_place():
    story = SiteStory(per_panel=2)
    story.request("a")
    story.accept("a")
    told = story.when(load.ChargerDisconnected(charger_id="p2c0", connection_id="x", reason="gone"))
    assert one(SessionRequeued, told).session_id == "a"
    assert one(SessionOffered, told).charger_id == "p2c1"


def test_somebody_elses_start_takes_the_hold_away():
    story = SiteStory()
    story.request("a")
    told = story.start("p2c0", None)
    assert one(SessionRequeued, told).session_id == "a"
    assert one(SessionQueued, told).walk_up


def test_a_repeated_start_has_no_second_effect():
    story = SiteStory()
    story.charging("a", "p2c0")
    again = load.TransactionStarted(
        transaction_id=9,
        charger_id="p2c0",
        connector_id=1,
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
    assert not of(SessionQueued, story.start("p2c0", None, commissioning=True))
    assert not of(SessionEnded, story.stop("p2c0", 100))


def test_with_too_little_for_6_a_each_the_lowest_score_is_paused_and_waiting_rotates_it():
    story = SiteStory(per_panel=4, panels=("p1",))
    for number in range(4):
        story.charging(f"s{number}", f"p1c{number}", hours=8 - number, need_wh=30_000)
    states = {session.id: session.state for session in story.site.sessions.values()}
    assert states == {"s0": "paused", "s1": "charging", "s2": "charging", "s3": "charging"}
    assert sum(story.site.targets.values()) <= 20_000
    told = story.wait(180)
    assert {event.session_id for event in of(SessionResumed, told)} >= {"s0"}
    assert {event.session_id for event in of(SessionPaused, told)} - {"s0"}


def test_a_lower_capacity_is_shared_at_once():
    story = SiteStory(per_panel=2)
    story.charging("a", "p2c0")
    story.charging("b", "p2c1")
    lower = (registry.NodeSpec(id="site", parent=None, kind="site", limit_w=5_000), *NODES[1:])
    told = story.when(load.CapacityChanged(limits=lower, fixed=()))
    assert sum(story.site.targets.values()) * 208 <= 5_000_000
    assert set(targets(told)) == {"p2c0", "p2c1"}


def test_what_a_tapering_car_leaves_goes_to_others():
    story = SiteStory(per_panel=2)
    for session, charger in (("a", "p2c0"), ("b", "p2c1")):
        story.charging(session, charger, need_wh=60_000)
    lower = (registry.NodeSpec(id="site", parent=None, kind="site", limit_w=8_000), *NODES[1:])
    story.when(load.CapacityChanged(limits=lower, fixed=()))
    before = dict(story.site.targets)
    for charger, limit_ma in before.items():
        story.when(_granted(charger, limit_ma, story.now_ms))
    for _ in range(4):
        story.wait(0.5)
        story.meter("p2c0", 1_000, current_ma=7_000)
        story.meter("p2c1", 1_000, current_ma=before["p2c1"])
    story.wait(0.5)
    assert story.site.targets["p2c0"] == 9_000
    assert story.site.targets["p2c1"] > before["p2c1"]


def _granted(charger, limit_ma, now_ms):
    return load.LimitDesired(
        charger_id=charger,
        transaction_id=1,
        limit_ma=limit_ma,
        generation=1,
        valid_until_ms=now_ms + 600_000,
        rule="r",
        reason="r",
    )


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


def test_priority_goes_to_the_head_of_the_queue():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.request("b")
    story.wait(60)
    story.request("p0", tier=0)
    assert one(SessionOffered, story.stop("p2c0")).session_id == "p0"


def test_ticks_end_when_nobody_is_there():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.wait(5)
    assert story.timers
    story.stop("p2c0")
    story.wait(1)
    assert not story.timers


def test_a_request_for_a_site_that_nobody_registered_is_refused_so_that_the_vehicle_is_free_again():
    story = SiteStory()
    story.stream = "sites:elsewhere"
    assert one(SessionRefused, story.request("a")).reason == "this site has no chargers"
