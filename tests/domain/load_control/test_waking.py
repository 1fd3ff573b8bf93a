"""The one timer of a site."""

from __future__ import annotations

from domain.load_control.waking import WAKE
from domain.records import input_record
from domain.records.observations import Status
from domain.records.time import TimerDue
from tests.stories.kernel import LOAD, STREAM, Kernel
from tests.stories.story import START_MS


def test_there_is_one_timer_and_it_is_kept_while_cars_charge():
    kernel = Kernel().site(limit_a=64).ready("a")
    kernel.charge("a", 20)
    assert set(kernel.timers) == {WAKE}
    due = min(kernel.timers.values(), default=None)
    assert due is not None
    for _ in range(10):
        last = due
        kernel.run_until(last)
        due = min(kernel.timers.values(), default=None)
        assert due is not None
        assert last < due <= (last // 30_000 + 1) * 30_000


def test_an_idle_site_sleeps():
    kernel = Kernel().site().ready("a")
    available = Status(
        charger_id="a", evse_id=1, status="available", error_code="no_error", charger_time_ms=kernel.now_ms
    )
    kernel.when(available)
    kernel.after(3600)
    assert min(kernel.timers.values(), default=None) is None


def test_a_timer_that_is_due_with_nothing_to_do_is_harmless():
    kernel = Kernel().site()
    given = input_record("t", "/t", STREAM, START_MS, TimerDue(name=WAKE, due_ms=START_MS), actor="t")
    assert LOAD.decide(kernel.state, kernel.observations, given) == []
