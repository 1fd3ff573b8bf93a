"""Chasing meter values and answers, and calling people where nothing helps."""

from __future__ import annotations

from domain.records.load import AlarmCleared, AlarmRaised, CommandRequested, LimitDesired
from domain.records.observations import CommandAnswer
from domain.records.sites import TargetsRenewed
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def lowered() -> Kernel:
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a")
    kernel.charge("a", 32)
    kernel.targets(valid_s=3600, a=16)
    kernel.answer("a")
    return kernel


def codes(events, kind=AlarmRaised) -> list[str]:
    return [alarm.code for alarm in of_type(events, kind)]


def test_a_meter_value_is_asked_for_6_s_after_the_answer_and_then_every_10_s():
    kernel = lowered()
    assert of_type(kernel.after(5.9), CommandRequested) == []
    (trigger,) = of_type(kernel.after(0.1), CommandRequested)
    assert (trigger.action, trigger.arguments) == (
        "trigger",
        {"requested_message": "MeterValues", "connector_id": "1"},
    )
    assert len(of_type(kernel.after(9.9), CommandRequested)) == 0
    assert len(of_type(kernel.after(20.1), CommandRequested)) == 3
    kernel.meter("a", 16)
    assert of_type(kernel.after(30), CommandRequested) == []


def test_who_can_not_trigger_is_not_asked_again():
    kernel = lowered()
    (trigger,) = of_type(kernel.after(6), CommandRequested)
    kernel.when(CommandAnswer(charger_id="a", command_id=trigger.command_id, status="not_supported", detail=""))
    assert of_type(kernel.after(60), CommandRequested) == []


def test_a_decrease_that_stays_unconfirmed_alarms_until_it_is():
    kernel = lowered()
    assert "unconfirmed" not in codes(kernel.after(179))
    assert "unconfirmed" in codes(kernel.after(10))
    assert "unconfirmed" in codes(kernel.meter("a", 16), AlarmCleared)


def test_a_refused_limit_is_asked_for_again_and_alarms_after_three_times():
    kernel = lowered()
    kernel.targets(valid_s=3600, a=10)
    for wait_s in (5, 10):
        assert codes(kernel.answer("a", status="rejected")) == []
        (again,) = of_type(kernel.after(wait_s), LimitDesired)
        assert (again.limit_ma, again.rule) == (10_000, "load_control.repeat.v1")
    assert codes(kernel.answer("a", status="timeout")) == ["limit_refused"]
    kernel.after(20)
    assert codes(kernel.answer("a"), AlarmCleared) == ["limit_refused"]


def test_the_alarm_about_refusals_says_what_was_tried():
    kernel = lowered()
    kernel.targets(valid_s=3600, a=10)
    for wait_s in (5, 10):
        kernel.answer("a", status="rejected", detail="first")
        kernel.after(wait_s)
    (alarm,) = of_type(kernel.answer("a", status="rejected", detail="tried: TxProfile"), AlarmRaised)
    assert alarm.detail.endswith("again and again: tried: TxProfile")


def test_a_lost_answer_counts_as_a_time_out():
    kernel = lowered()
    kernel.targets(valid_s=3600, a=10)
    before = kernel.charger("a").lease.ask.generation
    kernel.after(44.9)
    assert kernel.charger("a").lease.ask.generation == before
    kernel.after(0.1)
    assert kernel.charger("a").lease.ask.generation == before + 1


def test_a_silent_meter_is_asked_and_alarms_after_5_minutes():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a")
    kernel.charge("a", 32)
    kernel.when(TargetsRenewed(valid_until_ms=kernel.now_ms + 3_600_000))
    assert of_type(kernel.after(85), CommandRequested) == []
    events = kernel.after(40)
    assert of_type(events, CommandRequested) != []
    assert kernel.counted("a") == 32_000
    assert "meter_silent" in codes(kernel.after(210))
    assert "meter_silent" in codes(kernel.meter("a", 32), AlarmCleared)


def test_a_reading_from_long_before_the_start_makes_no_meter_silent():
    kernel = Kernel().site().ready("a")
    kernel.meter("a", 0)
    kernel.after(3_600)
    kernel.request("a")
    kernel.start("a")
    kernel.answer("a")
    assert "meter_silent" not in [alarm.code for alarm in of_type(kernel.events, AlarmRaised)]
