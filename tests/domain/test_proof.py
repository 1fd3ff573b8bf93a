"""Every decision of a story can be called again, and a forged one doesn't hold."""

from __future__ import annotations

from domain import proof
from domain.records import Decision
from domain.records.sites import ScheduleChanged, SessionOffered
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


def test_every_recorded_decision_of_a_site_holds_when_its_rule_is_called_again():
    decisions, outlets = a_story()
    kinds = {type(decision) for decision in decisions}
    assert kinds == {ScheduleChanged, SessionOffered}
    assert all(proof.holds(decision, outlets) for decision in decisions)


def test_a_forged_outcome_does_not_hold():
    decisions, outlets = a_story()
    schedule = next(one for one in decisions if isinstance(one, ScheduleChanged) and one.targets[0].target_ma > 6_000)
    first = schedule.targets[0]
    forged = first.model_copy(update={"target_ma": first.target_ma - 1_000})
    assert proof.holds(schedule.model_copy(update={"targets": (forged, *schedule.targets[1:])}), outlets) is False
    offer = next(one for one in decisions if isinstance(one, SessionOffered) and len(one.facts) > 1)
    assert proof.holds(offer.model_copy(update={"session_id": offer.facts[-1].session_id}), outlets) is False


def test_a_rule_that_is_not_known_is_neither_held_nor_refuted():
    (decision, *_), outlets = a_story()
    assert proof.holds(decision.model_copy(update={"rule": "unheard.of.v1"}), outlets) is None
