"""Which meter values matter."""

from __future__ import annotations

from tests.stories.kernel import Kernel


def test_a_reading_that_changes_nothing_sets_no_timer_and_leads_to_no_event():
    kernel = Kernel().site(limit_a=64).ready("a")
    kernel.charge("a", 20)
    timers = dict(kernel.timers)
    assert kernel.meter("a", 19.5) == []
    assert kernel.timers == timers
