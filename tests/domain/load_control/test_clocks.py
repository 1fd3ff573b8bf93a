"""Chargers whose clocks are off: by how much is learnt, shown and reckoned with."""

from __future__ import annotations

import pytest

from domain.load_control.desired_limits import desired_of
from domain.records.load import (
    AlarmCleared,
    AlarmRaised,
    ClockLearnt,
    CommandRequested,
    LimitConfirmed,
    LimitDesired,
)
from domain.records.observations import Booted, CommandAnswer
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one

HOUR_MS = 3_600_000


class Skewed:
    """A charging car at a charger whose clock is ahead by so much (negative: behind)."""

    def __init__(self, ahead_ms: int) -> None:
        self.kernel = Kernel().site(limit_a=64, firm_a=12).ready("a")
        self.kernel.charge("a", 20)
        self.kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))
        self.kernel.hold_failsafe("a")
        self.kernel.answer("a")
        self.kernel.after(70)
        self.ahead_ms = ahead_ms

    def meter(self, amps: float, *, delay_ms: int = 0):
        """A reading that is so late."""
        at_ms = self.kernel.now_ms - delay_ms + self.ahead_ms
        stale = abs(self.kernel.now_ms - at_ms) > 300_000
        return self.kernel.meter("a", amps, charger_time_ms=at_ms, fresh=not stale, stale_by_clock=stale)

    def learn(self):
        """A reading that is stale by its time leads to a request, and its answer shows the offset."""
        (request,) = of_type(self.meter(20), CommandRequested)
        assert request.action == "trigger"
        self.kernel.after(1)
        return self.meter(20)


@pytest.mark.parametrize(
    ("ahead_ms", "text"),
    [
        (2 * HOUR_MS, "its clock is 7,200 s ahead"),
        (-600_000, "its clock is 600 s behind"),
        (-30 * 365 * 24 * HOUR_MS, "its clock is 10,950 days behind"),
    ],
)
def test_an_offset_is_learnt_by_a_request_and_named(ahead_ms, text):
    charger = Skewed(ahead_ms)
    events = charger.learn()
    assert one(ClockLearnt, events).offset_ms == -ahead_ms
    alarm = one(AlarmRaised, events)
    assert (alarm.code, alarm.charger_id, alarm.detail) == ("clock_off", "a", text)


def test_readings_of_a_charger_whose_clock_is_off_confirm_its_limits():
    charger = Skewed(2 * HOUR_MS)
    charger.learn()
    charger.kernel.targets(a=8)
    charger.kernel.answer("a")
    charger.kernel.after(7)
    assert one(LimitConfirmed, charger.meter(8)).limit_ma == 8_000


def test_a_reading_that_waited_in_a_queue_is_not_of_now_by_that_clock_either():
    charger = Skewed(2 * HOUR_MS)
    charger.learn()
    charger.kernel.targets(a=8)
    charger.kernel.answer("a")
    charger.kernel.after(20)
    assert of_type(charger.meter(8, delay_ms=2 * HOUR_MS), LimitConfirmed) == []
    assert of_type(charger.meter(8, delay_ms=18_000), LimitConfirmed) == []
    assert of_type(charger.meter(8), LimitConfirmed)


def test_the_clock_of_a_charger_that_can_not_be_asked_shows_by_readings_that_agree():
    charger = Skewed(2 * HOUR_MS)
    kernel = charger.kernel
    (request,) = of_type(charger.meter(20), CommandRequested)
    kernel.when(CommandAnswer(charger_id="a", command_id=request.command_id, status="not_supported", detail=""))
    kernel.after(60)
    events = []
    for late_ms in (900_000, 600_000, 300_000, 1_000):
        events += charger.meter(20, delay_ms=late_ms)
    assert of_type(events, ClockLearnt) == []
    kernel.after(60)
    assert one(ClockLearnt, charger.meter(20)).offset_ms == -2 * HOUR_MS


def test_a_late_answer_is_corrected_by_a_quicker_one():
    charger = Skewed(2 * HOUR_MS)
    charger.meter(20)
    charger.kernel.after(9)
    charger.meter(20, delay_ms=9_000)
    assert charger.kernel.charger("a").clock_ms == 9_000 - 2 * HOUR_MS
    assert one(ClockLearnt, charger.meter(20)).offset_ms == -2 * HOUR_MS


def test_limits_are_written_for_the_chargers_clock_and_again_when_it_is_learnt():
    charger = Skewed(2 * HOUR_MS)
    events = charger.learn()
    assert one(LimitDesired, events).limit_ma == 20_000
    ledger = charger.kernel.ledger
    assert desired_of(ledger, ledger.chargers["a"]).clock_offset_ms == -2 * HOUR_MS


def test_an_offset_is_forgotten_at_a_boot():
    charger = Skewed(2 * HOUR_MS)
    charger.learn()
    events = charger.kernel.when(Booted(charger_id="a", vendor="", model="", firmware=""))
    assert one(ClockLearnt, events).offset_ms is None
    assert one(AlarmCleared, events).code == "clock_off"
    assert charger.kernel.charger("a").clock_ms is None


def test_a_lease_counts_until_current_is_measured_where_a_clock_is_off():
    charger = Skewed(2 * HOUR_MS)
    charger.learn()
    kernel = charger.kernel
    kernel.targets(a=8)
    kernel.answer("a")
    kernel.disconnect("a")
    kernel.after(3 * 3600)
    assert kernel.counted("a") == 20_000


def test_a_lease_counts_until_it_is_measured_where_nothing_shows_the_clock():
    """By a clock that is behind it begins later, and so ends later."""
    kernel = Skewed(0).kernel
    kernel.targets(a=8)
    kernel.answer("a")
    kernel.disconnect("a")
    kernel.after(3 * 3600)
    assert kernel.counted("a") == 20_000


def test_a_lease_lapses_where_a_clock_is_right():
    charger = Skewed(0)
    charger.learn()
    kernel = charger.kernel
    kernel.targets(a=8)
    kernel.answer("a")
    kernel.disconnect("a")
    kernel.after(3 * 3600)
    assert kernel.counted("a") < 20_000


@pytest.mark.parametrize("moves_ms", [-2 * HOUR_MS, HOUR_MS])
def test_a_clock_that_is_set_in_the_middle_of_a_lease_is_learnt_anew_and_the_lease_counts_on(moves_ms):
    charger = Skewed(2 * HOUR_MS)
    charger.learn()
    kernel = charger.kernel
    charger.ahead_ms += moves_ms
    events = []
    for _ in range(5):
        kernel.after(11)
        events += charger.meter(20)
        kernel.after(1)
        events += charger.meter(20)
    assert one(ClockLearnt, events).offset_ms == -2 * HOUR_MS - moves_ms
    assert kernel.charger("a").clock_doubtful or of_type(events, LimitConfirmed)
    codes = [alarm.code for alarm in of_type(events, AlarmCleared)]
    assert ("clock_off" in codes) == (moves_ms == -2 * HOUR_MS)


def test_a_clock_that_is_a_little_off_is_as_good_as_ours():
    charger = Skewed(45_000)
    for _ in range(4):
        charger.kernel.after(61)
        assert of_type(charger.meter(20), ClockLearnt, AlarmRaised) == []
