"""Caps: promised with a time, prepared, enforced, and ended."""

from __future__ import annotations

import pytest

from domain.records.load import (
    AlarmCleared,
    AlarmRaised,
    CapacityChanged,
    GridLimitSet,
    LimitDesired,
    Overcommitted,
    Recovered,
)
from domain.records.time import InputRejected
from tests.stories.kernel import Kernel, watts
from tests.stories.story import of_type


def charging(limit_a: float = 64, firm_a: float = 12) -> Kernel:
    """Two cars at 32 A and 20 A."""
    kernel = Kernel().site(limit_a=limit_a, firm_a=firm_a).ready("a", "b")
    kernel.charge("a", 32)
    kernel.charge("b", 20)
    return kernel


def limit_told(events) -> int:
    return of_type(events, CapacityChanged)[-1].limits[0].limit_w


def test_a_lower_cap_is_answered_with_the_time_from_which_it_holds():
    kernel = charging()
    (answer,) = of_type(kernel.cap(30), GridLimitSet)
    assert answer.holds_from_ms == kernel.now_ms + 60_000
    assert answer.guaranteed
    assert answer.facts["firm_w"] == watts(12)


def test_a_cap_announced_early_holds_from_its_start():
    kernel = charging()
    (answer,) = of_type(kernel.cap(30, starts_s=600), GridLimitSet)
    assert answer.holds_from_ms == answer.starts_ms == kernel.now_ms + 600_000


def test_sites_hears_of_a_cap_at_once_and_of_a_later_one_a_minute_before():
    kernel = charging()
    assert limit_told(kernel.cap(30)) == watts(30)
    kernel = charging()
    assert of_type(kernel.cap(30, starts_s=600, ends_s=900), CapacityChanged) == []
    assert of_type(kernel.after(539), CapacityChanged) == []
    assert limit_told(kernel.after(1)) == watts(30)
    assert limit_told(kernel.after(360)) == watts(64)


def test_a_cap_keeps_raises_back_from_a_minute_before_its_start():
    kernel = charging()
    kernel.cap(52, starts_s=90)
    kernel.after(29)
    assert of_type(kernel.targets(b=26), LimitDesired)[0].limit_ma == 26_000
    kernel = charging()
    kernel.cap(52, starts_s=90)
    kernel.after(31)
    assert of_type(kernel.targets(b=26), LimitDesired) == []


def test_the_kernel_cuts_by_itself_when_no_target_follows_within_10_s():
    kernel = charging()
    assert of_type(kernel.cap(30), Overcommitted) == [Overcommitted(nodes=("root",))]
    assert of_type(kernel.after(9.9), LimitDesired) == []
    cuts = {event.charger_id: event.limit_ma for event in of_type(kernel.after(0.1), LimitDesired)}
    assert cuts == {"a": 15_000, "b": 15_000}
    for charger in "ab":
        kernel.answer(charger)
    kernel.after(6)
    kernel.meter("a", 15)
    assert kernel.headroom().exceeded() == ("root",)
    assert of_type(kernel.meter("b", 15), Recovered)
    assert kernel.headroom().exceeded() == ()


def test_targets_in_time_spare_the_cut():
    kernel = charging()
    kernel.cap(30)
    kernel.after(1)
    kernel.targets(a=24, b=6)
    assert of_type(kernel.after(10), LimitDesired) == []


def test_who_does_not_confirm_in_time_is_made_up_for_by_the_others():
    kernel = charging()
    kernel.cap(40)
    kernel.targets(a=20)
    kernel.after(2)
    for charger in "ab":
        kernel.meter(charger, 32 if charger == "a" else 20)
    cuts = of_type(kernel.after(14), LimitDesired)
    assert [(cut.charger_id, cut.limit_ma) for cut in cuts] == [("b", 8_000)]


def test_the_lowest_cap_in_force_counts():
    kernel = charging()
    kernel.cap(40, "one", ends_s=200)
    assert limit_told(kernel.cap(30, "two", ends_s=100)) == watts(30)
    assert limit_told(kernel.after(100)) == watts(40)
    assert limit_told(kernel.after(100)) == watts(64)


def test_the_same_cap_again_replaces_it():
    kernel = charging()
    kernel.cap(30)
    assert limit_told(kernel.cap(50)) == watts(50)
    assert [cap.limit_w for cap in kernel.ledger.caps] == [watts(50)]


def test_a_cap_above_the_site_changes_nothing():
    kernel = charging()
    assert of_type(kernel.cap(200), CapacityChanged, Overcommitted) == []


def test_below_the_firm_power_nothing_is_guaranteed_but_it_is_tried():
    kernel = charging()
    events = kernel.cap(11)
    assert not of_type(events, GridLimitSet)[0].guaranteed
    assert [alarm.code for alarm in of_type(events, AlarmRaised)] == ["cap_not_guaranteed"]
    cuts = {event.charger_id: event.limit_ma for event in of_type(kernel.after(10), LimitDesired)}
    assert sorted(cuts.values()) == [0, 11_000]
    assert [alarm.code for alarm in of_type(kernel.cap(40), AlarmCleared)] == ["cap_not_guaranteed"]


def test_what_can_not_be_lowered_keeps_a_cap_from_being_guaranteed():
    kernel = charging()
    kernel.disconnect("a")
    (answer,) = of_type(kernel.cap(30), GridLimitSet)
    assert not answer.guaranteed
    assert answer.facts["fixed_w"] == watts(32)


def test_a_promise_that_the_ledger_sees_broken_alarms_until_it_is_kept():
    kernel = charging()
    kernel.disconnect("a")
    kernel.cap(30)
    events = kernel.after(60)
    assert "overload" in [alarm.code for alarm in of_type(events, AlarmRaised)]
    events = kernel.after(700)
    assert "overload" in [alarm.code for alarm in of_type(events, AlarmCleared)]


@pytest.mark.parametrize(
    ("limit_a", "cap_id", "starts_s", "ends_s", "field"),
    [
        (-1, "c", None, None, "limit_w"),
        (10_000_000, "c", None, None, "limit_w"),
        (30, "", None, None, "cap_id"),
        (30, "c", 100, 100, "ends_ms"),
        (30, "c", -200, -100, "ends_ms"),
        (30, "c", None, 30, "ends_ms"),
    ],
)
def test_a_cap_that_makes_no_sense_is_refused_with_the_field(limit_a, cap_id, starts_s, ends_s, field):
    kernel = Kernel().site()
    (event,) = kernel.cap(limit_a, cap_id, starts_s, ends_s)
    assert isinstance(event, InputRejected)
    assert event.field == field
    assert event.reason
    assert kernel.ledger.caps == ()


def test_caps_that_are_over_are_forgotten_and_too_many_are_refused():
    kernel = Kernel().site()
    for index in range(256):
        kernel.cap(30, f"c{index}", starts_s=100, ends_s=200)
    (event,) = kernel.cap(30, "one more", starts_s=100, ends_s=200)
    assert isinstance(event, InputRejected)
    assert event.field == "cap_id"
    kernel.after(300)
    kernel.cap(30, "one more")
    assert [cap.id for cap in kernel.ledger.caps] == ["one more"]
