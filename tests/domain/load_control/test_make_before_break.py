"""Decreases at once, increases only into confirmed room."""

from __future__ import annotations

from domain.records import registry
from domain.records.load import LimitConfirmed, LimitDesired
from domain.records.observations import ProfileAnswer
from domain.records.sites import TargetsRenewed
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def limits_in(events) -> list[tuple[str, int]]:
    return [(event.charger_id, event.limit_ma) for event in of_type(events, LimitDesired)]


def two_cars(limit_a: float = 40, firm_a: float = 12) -> Kernel:
    kernel = Kernel().site(limit_a=limit_a, firm_a=firm_a).ready("a", "b")
    kernel.charge("a", 32)
    kernel.charge("b", 8)
    return kernel


def test_a_raise_waits_for_the_confirmed_decrease():
    kernel = two_cars()
    assert limits_in(kernel.targets(a=16, b=24)) == [("a", 16_000)]
    assert limits_in(kernel.answer("a")) == []
    assert kernel.counted("a") == 32_000
    kernel.after(4.9)
    assert limits_in(kernel.meter("a", 16)) == []
    kernel.after(0.1)
    events = kernel.meter("a", 16)
    assert of_type(events, LimitConfirmed)[0].limit_ma == 16_000
    assert limits_in(events) == [("b", 24_000)]


def test_an_accepted_limit_is_not_believed_while_the_meter_shows_more():
    kernel = two_cars()
    kernel.targets(a=16, b=24)
    kernel.answer("a")
    kernel.after(6)
    assert of_type(kernel.meter("a", 17), LimitConfirmed) == []
    assert of_type(kernel.meter("a", 16.3), LimitConfirmed) != []


def test_a_refused_or_unanswered_decrease_is_not_believed():
    kernel = two_cars()
    for status in ("rejected", "timeout", "offline", "not_supported"):
        kernel.targets(a=16, b=24)
        kernel.answer("a", status=status)
        kernel.after(6)
        assert limits_in(kernel.meter("a", 16)) == []
        assert kernel.counted("a") == 32_000


def test_an_old_answer_says_nothing_of_the_newest_wish():
    kernel = two_cars()
    kernel.targets(a=20)
    kernel.targets(a=10)
    old = kernel.charger("a").lease.ask.generation - 1
    assert kernel.when(ProfileAnswer(charger_id="a", purpose="lease", generation=old, status="accepted")) == []
    kernel.after(6)
    assert of_type(kernel.meter("a", 10), LimitConfirmed) == []


def test_what_may_be_in_force_is_the_highest_of_all_unconfirmed_limits():
    kernel = two_cars(limit_a=64)
    kernel.targets(a=20)
    kernel.targets(a=10)
    assert kernel.counted("a") == 32_000
    kernel.targets(a=24)
    assert kernel.counted("a") == 32_000
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 24)
    assert kernel.counted("a") == 24_000


def test_a_raise_into_what_is_counted_anyway_needs_no_room():
    kernel = two_cars()
    kernel.targets(a=16)
    assert limits_in(kernel.targets(a=32)) == [("a", 32_000)]


def test_raises_are_granted_in_the_order_of_the_targets_as_far_as_there_is_room():
    kernel = Kernel().site(limit_a=40, firm_a=18).ready("a", "b", "c")
    for charger in "abc":
        kernel.charge(charger)
    assert limits_in(kernel.targets(c=20, a=20, b=20)) == [("c", 20_000), ("a", 14_000)]


def test_newer_targets_go_before_older_ones():
    kernel = Kernel().site(limit_a=30, firm_a=18).ready("a", "b", "c")
    for charger in "abc":
        kernel.charge(charger)
    kernel.targets(a=30)
    kernel.targets(b=20)
    kernel.targets(a=6, c=10)
    kernel.answer("a")
    kernel.after(6)
    assert limits_in(kernel.meter("a", 6)) == [("c", 10_000), ("b", 14_000)]


def test_a_partial_raise_is_at_least_1_a_and_never_between_0_and_the_minimum():
    kernel = Kernel().site(limit_a=37.5, firm_a=0).ready("a", "b")
    kernel.charge("a", 32)
    assert limits_in(kernel.request("b") + kernel.start("b") + kernel.targets(b=16)) == [("b", 0)]
    kernel.targets(a=31.1)
    kernel.answer("a")
    kernel.after(6)
    assert limits_in(kernel.meter("a", 31.1)) == [("b", 6_000)]
    kernel.targets(a=30.6)
    kernel.answer("a")
    kernel.after(6)
    assert limits_in(kernel.meter("a", 30.6)) == []


def test_targets_between_0_and_the_minimum_mean_0():
    kernel = two_cars()
    assert limits_in(kernel.targets(a=5)) == [("a", 0)]


def test_no_node_phase_or_power_is_exceeded_by_a_raise():
    panel = registry.NodeSpec(id="panel", parent="root", kind="panel", limit_ma=(50_000, 20_000, 50_000))
    kernel = Kernel().site(limit_a=300, firm_a=60, nodes=(panel,))
    kernel.ready("three", node="panel", phases=(0, 1, 2)).ready("one", node="panel", phases=(0,))
    kernel.charge("three")
    kernel.charge("one")
    assert limits_in(kernel.targets(three=32, one=32)) == [("three", 20_000), ("one", 30_000)]


def test_targets_that_lapse_leave_the_fail_safe_share():
    kernel = two_cars()
    kernel.targets(valid_s=100, a=32, b=8)
    assert kernel.ledger.failsafe_plan == {"a": 6_000, "b": 6_000}
    assert limits_in(kernel.after(100)) == [("a", 6_000), ("b", 6_000)]


def test_renewed_targets_go_on():
    kernel = two_cars()
    kernel.targets(valid_s=100, a=32)
    kernel.when(TargetsRenewed(valid_until_ms=kernel.now_ms + 400_000))
    assert limits_in(kernel.after(150)) == []


def test_nothing_is_asked_of_a_charger_that_is_offline():
    kernel = two_cars()
    kernel.disconnect("a")
    assert limits_in(kernel.targets(a=6)) == []
    assert kernel.counted("a") == 32_000
    assert limits_in(kernel.connect("a")) == [("a", 6_000)]


def test_a_measured_excess_counts_and_is_cut():
    kernel = two_cars()
    kernel.meter("b", 12)
    assert kernel.counted("b") == 12_000
    assert kernel.headroom().exceeded() == ("root",)
    assert ("a", 28_000) in limits_in(kernel.after(10))
