"""Priority for a mission: granted by fresh proof of each kind, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.proof import prove
from domain.records import Decision
from domain.records.registry import VehicleRegistered
from domain.records.time import InputRejected
from domain.records.vehicles import (
    PriorityClaimed,
    PriorityDenied,
    PriorityExpired,
    PriorityGranted,
    PriorityRevoked,
    QuotaRefused,
    QuotaUsed,
    SessionRequested,
)
from processors.engine.stream import dump_state, load_state, refold
from processors.vehicles import Vehicles
from tests.examples import examples
from tests.stories.priority import AMBULANCE, FAR_ZONE, HOUR_MS, SITE_ZONE, PriorityStory
from tests.stories.story import MINUTE_MS, START_MS, of_type, one

ORDINARY = VehicleRegistered(vehicle_id="v", battery_wh=60_000, max_ma=None, phases=1, owner_id="driver")


def granted_story(**options) -> PriorityStory:
    """An ambulance with P0."""
    story = PriorityStory(**options)
    story.on_mission()
    story.request()
    assert story.tier() == 0
    return story


def test_an_ambulance_on_a_proven_mission_gets_p0_for_half_an_hour():
    story = PriorityStory()
    story.on_mission(age_ms=60_000, level_permille=300)
    told = story.request()
    assert [type(event) for event in told] == [SessionRequested, PriorityClaimed, QuotaUsed, PriorityGranted]
    granted = one(PriorityGranted, told)
    assert (granted.session_id, granted.vehicle_id, granted.site_id) == ("s1", "v", "north")
    assert (granted.tier, granted.basis, granted.valid_until_ms) == (0, "mission", START_MS + 30 * MINUTE_MS)
    assert granted.reason == "on a verified mission near the site; grant 1 of 3"
    assert granted.evidence.model_dump() == {
        "eligible": True,
        "mission_active": True,
        "mission_age_ms": 60_000,
        "location_zone": SITE_ZONE,
        "location_age_ms": 60_000,
        "site_zone": SITE_ZONE,
        "level_permille": 300,
        "level_age_ms": 60_000,
    }
    assert story.sent[-1].data == granted, "the site hears of it"


def test_a_fleet_vehicle_on_a_mission_gets_p1():
    story = PriorityStory(kind="fleet")
    story.on_mission()
    assert one(PriorityGranted, story.request()).tier == 1


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ({}, "whether it is on a mission is not known"),
        ({"mission_active": True, "location_zone": SITE_ZONE, "age_ms": 300_001}, "whether it is on a mission is not"),
        ({"mission_active": False, "location_zone": SITE_ZONE}, "it is not on a mission, says its enterprise"),
        ({"mission_active": True}, "where it is is not known"),
        ({"mission_active": True, "location_zone": FAR_ZONE}, "it is not near the site"),
        ({"mission_active": True, "location_zone": SITE_ZONE, "enterprise_id": "other"}, "whether it is on a mission"),
        ({"mission_active": True, "location_zone": SITE_ZONE, "source": "driver"}, "whether it is on a mission is not"),
        (
            {"mission_active": True, "location_zone": SITE_ZONE, "location_observed_ms": START_MS - 300_001},
            "where it is is not known",
        ),
    ],
)
def test_without_every_proof_the_request_is_denied_and_says_what_is_missing(said, lacking):
    story = PriorityStory()
    story.reading(**said)
    told = story.request()
    assert [type(event) for event in told] == [SessionRequested, PriorityDenied]
    denied = one(PriorityDenied, told)
    assert denied.reason.startswith(lacking)
    assert (denied.session_id, denied.site_id, denied.basis) == ("s1", "north", "mission")
    assert story.tier() == 2


def test_a_site_whose_zone_is_not_known_is_near_nothing():
    story = PriorityStory()
    story.on_mission()
    assert one(PriorityDenied, story.request(site_zone=None)).reason == "it is not near the site"


@pytest.mark.parametrize(
    "car",
    [
        ORDINARY,
        ORDINARY.model_copy(update={"priority_eligible": True}),
        ORDINARY.model_copy(update={"enterprise_id": "e"}),
    ],
)
def test_of_an_ordinary_vehicle_nothing_is_decided(car):
    story = PriorityStory(car)
    story.on_mission()
    assert [type(event) for event in story.request()] == [SessionRequested]
    assert story.on_mission() == []


@pytest.mark.parametrize("kind", [None, "suspended"])
def test_the_vehicle_of_an_enterprise_that_is_not_approved_is_denied(kind):
    story = PriorityStory(kind=None if kind is None else "emergency")
    if kind == "suspended":
        story.suspend()
    story.on_mission()
    told = story.request()
    assert one(PriorityDenied, told).reason == "the enterprise is not approved"
    assert not of_type(told, PriorityGranted)


def test_a_quota_that_is_used_up_denies():
    story = PriorityStory(daily_grants=1)
    story.on_mission()
    story.request("s1")
    story.end("s1")
    told = story.request("s2")
    assert of_type(told, QuotaRefused)
    assert one(PriorityDenied, told).reason == "1 of 1 grants in 24 hours are used"


@pytest.mark.parametrize("car", [ORDINARY, AMBULANCE])
@pytest.mark.parametrize("with_session", [False, True])
def test_a_driver_who_claims_a_mission_is_denied(car, with_session):
    story = PriorityStory(car)
    if with_session:
        story.request()
    told = story.reading(source="driver", mission_active=True, location_zone=SITE_ZONE)
    denied = one(PriorityDenied, told)
    assert told == [denied]
    assert denied.reason == "a mission counts only from the integration of the vehicle's enterprise"
    assert (denied.session_id, denied.site_id) == (("s1", "north") if with_session else (None, None))
    assert denied.evidence.mission_active is None
    assert story.tier() == 2


def test_a_driver_who_claims_nothing_gets_no_decision():
    story = PriorityStory()
    story.request()
    assert story.reading(source="driver", mission_active=False) == []
    assert story.reading(source="driver", level_permille=50) == []


def test_a_driver_s_claim_neither_ends_a_grant_nor_keeps_one_away():
    story = PriorityStory()
    story.request()
    story.reading(source="driver", mission_active=True)
    assert of_type(story.on_mission(), PriorityGranted)
    story.wait(1)
    story.reading(source="driver", mission_active=False)
    assert story.tier() == 0


def test_a_reading_that_can_not_be_true_is_rejected():
    story = PriorityStory()
    assert one(InputRejected, story.reading(level_permille=1001)).field == "soc"
    assert one(InputRejected, story.reading(age_ms=-120_001, mission_active=True)).field == "observed_at"
    told = story.when(AMBULANCE.model_copy(update={"vehicle_id": "w"}), stream="vehicles:w")
    assert told
    stranger = story.reading("nobody", mission_active=True)
    assert one(InputRejected, stranger).field == "vehicle_id"


def test_a_mission_that_begins_later_is_granted_at_its_reading():
    story = PriorityStory()
    story.request()
    story.wait(1)
    assert story.reading(mission_active=True) == [], "a part of the proofs is none"
    told = story.reading(age_ms=-1, location_zone=SITE_ZONE)
    assert one(PriorityGranted, told).tier == 0


def test_after_a_refusal_it_claims_again_after_five_minutes():
    story = PriorityStory(kind=None)
    story.on_mission()
    assert of_type(story.request(), QuotaRefused)
    story.approve()
    story.wait(4.99)
    assert story.on_mission() == []
    story.wait(0.01)
    assert of_type(story.on_mission(), PriorityGranted)


def test_who_has_it_does_not_claim_it_again():
    story = granted_story()
    story.wait(1)
    assert story.on_mission() == []


def test_the_end_of_the_mission_ends_it_at_once():
    story = granted_story()
    story.wait(1)
    expired = one(PriorityExpired, story.reading(mission_active=False))
    assert (expired.tier, expired.reason) == (0, "the mission is over")
    assert (story.tier(), story.sent[-1].data) == (2, expired)
    assert story.wait(60) == [], "nothing is left to end"


def test_an_older_reading_does_not_end_it():
    story = granted_story()
    assert story.reading(mission_active=False, age_ms=1) == []
    assert story.tier() == 0


def test_it_is_renewed_before_its_end_while_it_is_proven_and_counts_once():
    story = granted_story(daily_grants=1)
    story.wait(28.5)
    story.on_mission()
    told = story.wait(0.5)
    assert one(QuotaUsed, told).used == 1
    renewed = one(PriorityGranted, told)
    assert renewed.valid_until_ms == START_MS + 59 * MINUTE_MS
    assert not of_type(story.wait(1), PriorityExpired), "it was renewed, and never lapsed"
    assert story.tier() == 0


def test_it_expires_when_it_is_not_proven_any_longer():
    story = granted_story()
    assert story.wait(29.999) == []
    expired = one(PriorityExpired, story.wait(0.001))
    assert expired.reason.startswith("whether it is on a mission is not known")
    assert story.tier() == 2
    assert of_type(story.on_mission(), PriorityGranted), "and comes back with the proofs"


def test_a_renewal_that_is_refused_ends_with_the_grant():
    story = granted_story()
    story.wait(28.5)
    story.on_mission(location_zone=FAR_ZONE)
    assert one(PriorityExpired, story.wait(1.5)).reason == "it is not near the site"


def test_a_suspension_ends_what_the_vehicles_hold():
    story = granted_story()
    told = story.suspend()
    assert of_type(told, PriorityRevoked)
    assert one(PriorityExpired, told).reason == "the enterprise was suspended"
    assert (story.tier(), story.sent[-1].data) == (2, one(PriorityExpired, told))
    story.wait(1)
    assert one(PriorityDenied, story.on_mission()).reason == "the enterprise is not approved"


def test_a_suspension_touches_no_later_session():
    story = granted_story()
    story.end()
    assert not of_type(story.suspend(), PriorityExpired)


def test_the_end_of_the_session_clears_all():
    story = granted_story()
    story.end()
    assert story.wait(60) == []
    assert story.on_mission() == [], "without a session nothing is claimed"
    assert of_type(story.request("s2"), PriorityGranted)


def test_an_answer_that_comes_after_the_session_ended_grants_nothing():
    story = granted_story()
    (used,) = [record.data for record in story.recorded if isinstance(record.data, QuotaUsed)]
    story.end()
    story.request("s2", site_zone=FAR_ZONE)
    assert story.when(used) == []
    assert story.tier() == 2


def test_an_answer_that_comes_when_the_proofs_are_stale_grants_nothing():
    story = granted_story()
    (used,) = [record.data for record in story.recorded if isinstance(record.data, QuotaUsed)]
    story.reading(mission_active=False, age_ms=-1)
    assert one(PriorityDenied, story.when(used)).reason == "it is not on a mission, says its enterprise"
    assert story.tier() == 2


def test_states_are_read_back_and_folded_again_from_the_events():
    story = granted_story()
    for stream, state in story.states.items():
        assert load_state(Vehicles(), dump_state(Vehicles(), state)) == state
        events = [event for event in story.recorded if event.stream == stream]
        assert refold(Vehicles(), stream, events, state.timers, False).state == state.state


def test_lost_observations_are_unknown_and_grant_nothing():
    story = PriorityStory()
    story.on_mission()
    state = story.states["vehicles:v"]
    events = [event for event in story.recorded if event.stream == "vehicles:v"]
    story.states["vehicles:v"] = refold(Vehicles(), "vehicles:v", events, state.timers, False)
    assert one(PriorityDenied, story.request()).reason.startswith("whether it is on a mission is not known")


def test_decisions_hold_when_their_rule_is_called_again_and_forged_ones_do_not():
    story = granted_story()
    story.end()
    story.wait(6)
    story.request("s2")
    decisions = {type(one.data): one.data for one in story.recorded if isinstance(one.data, Decision)}
    granted, denied = decisions[PriorityGranted], decisions[PriorityDenied]
    assert prove(granted, {}).is_equal()
    assert prove(denied, {}).is_equal()
    assert not prove(granted.model_copy(update={"evidence": denied.evidence}), {}).is_equal()
    assert not prove(denied.model_copy(update={"reason": "it is not near the site"}), {}).is_equal()


TRUTH = st.sampled_from([None, True, False])

ZONES = st.sampled_from([None, SITE_ZONE, FAR_ZONE])

STEPS = st.one_of(
    st.tuples(
        st.just("reading"),
        st.sampled_from(["driver", "integration"]),
        st.sampled_from(["e", "other", None]),
        TRUTH,
        ZONES,
        st.integers(-120_000, 400_000),
        st.sampled_from([None, 100, 500]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.01, 1, 4, 6, 29, 40, 400])),
    st.tuples(st.sampled_from(["request", "end", "suspend", "approve", "review", "grant", "deny"])),
)


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(STEPS, max_size=25), st.sampled_from(["emergency", "fleet"]))
def test_no_interleaving_ever_grants_without_fresh_proof_of_each(steps, kind):
    story, session, told = PriorityStory(kind=kind), 0, []
    for step in steps:
        before = len(story.recorded)
        match step:
            case ("reading", source, enterprise_id, mission_active, zone, age_ms, level):
                told.append((source, enterprise_id, mission_active, zone, story.now_ms - age_ms, level))
                story.reading(
                    source=source,
                    enterprise_id=enterprise_id,
                    mission_active=mission_active,
                    location_zone=zone,
                    age_ms=age_ms,
                    level_permille=level,
                )
            case ("wait", minutes):
                story.wait(minutes)
            case ("request",):
                session += 1
                story.request(f"s{session}")
            case ("end",):
                story.end(f"s{session}")
            case ("suspend",):
                story.suspend()
            case ("approve",):
                story.approve(kind)
            case ("review",):
                story.review(f"s{session}")
            case (word,):
                story.decide(word == "grant", f"s{session}")
        for record in story.recorded[before:]:
            if isinstance(record.data, PriorityGranted):
                assert is_proven(record.data, told, record.time, kind)
        assert story.tier() in (2, *(g.tier for g in standing(story)))


def is_proven(granted: PriorityGranted, told, now_ms: int, kind: str) -> bool:
    """By the tale alone: what was told by whom, and when it was observed."""
    by_integrations = [one for one in told if one[0] == "integration"]
    if granted.basis == "mission":
        missions = [(at, active) for _, who, active, _, at, _ in by_integrations if who == "e" and active is not None]
        zones = [(at, zone) for _, _, _, zone, at, _ in by_integrations if zone is not None]
        newest = [max(known, key=lambda one: one[0]) for known in (missions, zones)]
        fresh = all(now_ms - at <= 5 * MINUTE_MS for at, _ in newest)
        expected = {"emergency": 0, "fleet": 1}[kind]
        return fresh and newest[0][1] and newest[1][1] == SITE_ZONE and granted.tier == expected
    if granted.basis == "low_charge":
        levels = [(at, level) for *_, at, level in by_integrations if level is not None]
        at, level = max(levels, key=lambda one: one[0])
        return now_ms - at <= 5 * MINUTE_MS and level <= 150 and granted.tier == 1
    return granted.tier == 1 and granted.valid_until_ms <= now_ms + 6 * HOUR_MS


def standing(story: PriorityStory) -> list[PriorityGranted]:
    """The grants that may hold now, by the events alone."""
    visit = story.vehicle().visit
    grants = [record.data for record in story.recorded if isinstance(record.data, PriorityGranted)]
    return [one for one in grants if visit and one.session_id == visit.session_id and one.valid_until_ms > story.now_ms]
