"""Every decision of a story can be called again, and a forged one does not hold."""

from __future__ import annotations

import pytest

from domain.proof import Unprovable, prove
from domain.records import Decision
from domain.records.sites import ScheduleChanged, SessionOffered
from domain.records.vehicles import Evidence, PriorityDenied, PriorityExpired, PriorityGranted
from domain.vehicle import mission, urgent_review
from tests.stories.site import SiteStory


def a_story():
    story = SiteStory(per_panel=4, panels=("p1", "p2"))
    for number in range(10):
        story.request(f"s{number}", hours=1 + number % 4, need_wh=5_000 + 3_000 * number)
    for session in list(story.site.sessions.values()):
        if session.charger_id:
            story.accept(session.id)
            story.authorize(session.charger_id, session.id)
            story.start(session.charger_id, session.id)
    story.wait(45)
    story.stop("p2c0", 4_000)
    story.wait(30)
    outlets = {charger.outlet.id: charger.outlet for charger in story.site.chargers.values()}
    return [one for one in story.events if isinstance(one, Decision)], outlets


def evidence(**different):
    known = {
        "eligible": True,
        "mission_active": True,
        "mission_age_ms": 1_000,
        "location_zone": "9qh1u",
        "location_age_ms": 2_000,
        "site_zone": "9qh1u",
        "level_permille": 100,
        "level_age_ms": 3_000,
    }
    return Evidence(**(known | different))


def granted(rule, **different):
    return PriorityGranted(
        session_id="s",
        vehicle_id="v",
        site_id="n",
        tier=1,
        basis="mission",
        valid_until_ms=1,
        evidence=evidence(**different),
        rule=rule,
        reason="r",
    )


def denied(rule, reason, **different):
    return PriorityDenied(
        session_id="s",
        vehicle_id="v",
        site_id="n",
        basis="mission",
        evidence=evidence(**different),
        rule=rule,
        reason=reason,
    )


def expired(rule):
    return PriorityExpired(
        session_id="s", vehicle_id="v", site_id="n", tier=1, evidence=evidence(), rule=rule, reason="r"
    )


def test_every_recorded_decision_of_a_site_holds_when_its_rule_is_called_again():
    decisions, outlets = a_story()
    kinds = {type(decision) for decision in decisions}
    assert kinds == {ScheduleChanged, SessionOffered}
    assert all(prove(decision, outlets).is_equal() for decision in decisions)


def test_a_forged_schedule_is_different():
    decisions, outlets = a_story()
    schedule = next(one for one in decisions if isinstance(one, ScheduleChanged) and one.targets[0].target_ma > 6_000)
    first = schedule.targets[0]
    forged = first.model_copy(update={"target_ma": first.target_ma - 1_000})
    proof = prove(schedule.model_copy(update={"targets": (forged, *schedule.targets[1:])}), outlets)
    assert not proof.is_equal()
    assert proof.recorded[first.charger_id] == first.target_ma - 1_000
    assert proof.again[first.charger_id] == first.target_ma


def test_a_schedule_names_all_inputs_of_its_rule():
    decisions, outlets = a_story()
    schedule = next(one for one in decisions if isinstance(one, ScheduleChanged))
    inputs = prove(schedule, outlets).inputs
    assert inputs.keys() == {"claimants", "limits", "fixed", "priority_reserve_w", "chargers"}
    assert {one["charger_id"] for one in inputs["claimants"]} <= {one["id"] for one in inputs["chargers"]}


def test_a_charger_that_the_site_does_not_have_makes_a_schedule_unprovable():
    decisions, outlets = a_story()
    schedule = next(one for one in decisions if isinstance(one, ScheduleChanged) and one.claimants)
    charger_id = schedule.claimants[0].charger_id
    others = {name: outlet for name, outlet in outlets.items() if name != charger_id}
    with pytest.raises(Unprovable, match=f"no charger {charger_id}"):
        prove(schedule, others)


def test_a_forged_offer_is_different():
    decisions, outlets = a_story()
    offer = next(one for one in decisions if isinstance(one, SessionOffered) and len(one.facts) > 1)
    proof = prove(offer.model_copy(update={"session_id": offer.facts[-1].session_id}), outlets)
    assert (proof.recorded, proof.again) == (offer.facts[-1].session_id, offer.session_id)
    assert not proof.is_equal()
    nobody = prove(offer.model_copy(update={"facts": ()}), outlets)
    assert (nobody.again, nobody.is_equal()) == (None, False)


@pytest.mark.parametrize("rule", [mission.RULE, urgent_review.RULE])
def test_a_grant_holds_with_its_evidence(rule):
    proof = prove(granted(rule), {})
    assert (proof.recorded, proof.again, proof.is_equal()) == ("granted", "granted", True)
    assert proof.inputs == {"evidence": evidence().model_dump()}


@pytest.mark.parametrize(
    ("rule", "lacking"), [(mission.RULE, {"mission_active": None}), (urgent_review.RULE, {"level_permille": 151})]
)
def test_a_grant_without_its_evidence_is_different(rule, lacking):
    proof = prove(granted(rule, **lacking), {})
    assert proof.again != "granted"
    assert not proof.is_equal()


def test_a_denial_holds_for_its_reason_alone():
    reason = "no enterprise enrolled this vehicle for priority"
    assert prove(denied(mission.RULE, reason, eligible=False), {}).is_equal()
    assert not prove(denied(mission.RULE, "it is not near the site", eligible=False), {}).is_equal()
    assert prove(denied(mission.RULE, reason), {}).again == "granted"


@pytest.mark.parametrize(
    "decision",
    [expired(mission.RULE), expired(urgent_review.RULE), denied(urgent_review.RULE, "the departure is past")],
)
def test_what_follows_from_time_is_unprovable(decision):
    with pytest.raises(Unprovable, match="the time"):
        prove(decision, {})


def test_a_rule_that_is_not_known_is_unprovable():
    (decision, *_), outlets = a_story()
    with pytest.raises(Unprovable, match=r"unheard\.of\.v1 can't be called again yet"):
        prove(decision.model_copy(update={"rule": "unheard.of.v1"}), outlets)
