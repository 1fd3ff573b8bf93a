"""The decision context: each event changes the state that the next rule sees, and a timer does not."""

from __future__ import annotations

from domain.decision import DecisionContext
from domain.records import Payload, input_record
from domain.records.sites import SessionPaused, SessionResumed
from domain.records.time import TimerDue, TimerSet


class Paused(DecisionContext[bool, None]):
    """Its state is whether a session is paused."""

    def evolve(self, state: bool, event: Payload, time_ms: int) -> bool:
        return isinstance(event, SessionPaused)


def test_a_rule_sees_the_state_after_the_events_of_the_rules_before_it() -> None:
    given = input_record("i1", "/test", "test:s", 7, TimerDue(name="t", due_ms=7), actor="t")
    context = Paused(False, None, given)
    paused, resumed = SessionPaused(session_id="s", reason="why"), SessionResumed(session_id="s")
    context.add(paused)
    assert context.state
    context.set_timer("t", 9)
    assert context.state
    context.add(resumed)
    assert not context.state
    assert context.events == [paused, TimerSet(name="t", due_ms=9), resumed]
    assert (context.now_ms, context.given) == (7, given)
