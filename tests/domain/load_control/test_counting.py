"""What a charger is counted at."""

from __future__ import annotations

from domain.load_control.waking import WAKE
from domain.records import input_record
from domain.records.time import TimerDue, TimerSet
from tests.stories.kernel import LOAD, STREAM, Kernel


def test_after_a_loss_of_observations_the_ledger_still_counts_the_worst():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    kernel.charge("a", 20)
    ledger = kernel.ledger
    _, observations = LOAD.initial_state("s")
    given = input_record("t", "/t", STREAM, kernel.now_ms, TimerDue(name=WAKE, due_ms=kernel.now_ms), actor="t")
    observations = LOAD.observe(ledger, observations, given)
    events = LOAD.decide(ledger, observations, given)
    assert [event for event in events if not isinstance(event, TimerSet)] == []
    assert ledger.chargers["a"].possible_ma(kernel.now_ms) == 20_000
