"""Leases, silence, and what chargers count at when they are gone."""

from __future__ import annotations

from domain.load_control.desired import Desired
from domain.records.load import CapacityChanged, ChargerDisconnected, LimitDesired, LimitsRenewed, TransactionPermitted
from domain.records.observations import Disconnected
from domain.records.sites import TargetsRenewed
from tests.stories.kernel import LOAD, Kernel
from tests.stories.story import of_type


def charging() -> Kernel:
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    kernel.charge("a", 32)
    kernel.charge("b", 20)
    return kernel


def renew_targets(kernel: Kernel) -> None:
    kernel.when(TargetsRenewed(valid_until_ms=kernel.now_ms + 3_600_000))


def test_leases_are_renewed_together_when_half_of_the_shortest_is_left():
    kernel = charging()
    renew_targets(kernel)
    first = min(kernel.charger(charger).lease.valid_until_ms for charger in "ab")
    assert of_type(kernel.run_until(first - 300_001), LimitsRenewed) == []
    (renewed,) = of_type(kernel.run_until(first - 300_000), LimitsRenewed)
    assert renewed.valid_until_ms == kernel.now_ms + 600_000
    assert [(limit.charger_id, limit.limit_ma) for limit in renewed.limits] == [("a", 32_000), ("b", 20_000)]
    assert kernel.counted("a") == 32_000


def test_a_renewal_is_no_news_to_what_is_unconfirmed():
    kernel = charging()
    renew_targets(kernel)
    kernel.targets(valid_s=3600, a=10)
    kernel.after(310)
    assert of_type(kernel.events, LimitsRenewed) != []
    assert kernel.counted("a") == 32_000


def test_an_unconfirmed_higher_limit_counts_until_it_lapses():
    kernel = charging()
    lapses_ms = kernel.charger("a").lease.valid_until_ms + 60_000
    kernel.targets(valid_s=3600, a=10)
    kernel.run_until(lapses_ms - 1)
    assert kernel.counted("a") == 32_000
    kernel.run_until(lapses_ms)
    assert kernel.counted("a") == 10_000


def test_offline_it_counts_at_its_lease_and_then_at_its_failsafe_limit():
    kernel = charging()
    renew_targets(kernel)
    ends_ms = kernel.charger("a").lease.valid_until_ms
    events = kernel.disconnect("a")
    assert dict(of_type(events, CapacityChanged)[-1].fixed) == {"a": 32_000}
    kernel.run_until(ends_ms + 59_999)
    assert kernel.counted("a") == 32_000
    events = kernel.run_until(ends_ms + 60_000)
    assert kernel.counted("a") == 6_000
    assert dict(of_type(events, CapacityChanged)[-1].fixed) == {"a": 6_000}


def test_offline_leases_are_not_renewed():
    kernel = charging()
    renew_targets(kernel)
    kernel.disconnect("a")
    (renewed,) = of_type(kernel.after(310), LimitsRenewed)
    assert [limit.charger_id for limit in renewed.limits] == ["b"]


def test_on_reconnect_it_is_admitted_by_a_fresh_raise():
    kernel = charging()
    renew_targets(kernel)
    kernel.disconnect("a")
    kernel.after(700)
    kernel.targets(valid_s=3600, b=32, a=32)
    kernel.answer("b")
    events = kernel.connect("a")
    first, second = of_type(events, LimitDesired)
    assert (first.limit_ma, first.rule) == (6_000, "load_control.repeat.v1")
    assert (second.limit_ma, second.rule) == (32_000, "load_control.raise.v1")


def test_on_reconnect_what_was_given_away_is_not_taken_back():
    kernel = Kernel().site(limit_a=44, firm_a=12).ready("a", "b")
    kernel.charge("a", 32)
    kernel.charge("b", 6)
    renew_targets(kernel)
    kernel.disconnect("a")
    kernel.after(700)
    kernel.targets(valid_s=3600, b=32)
    assert kernel.charger("b").lease.limit_ma == 32_000
    limits = [event.limit_ma for event in of_type(kernel.connect("a"), LimitDesired)]
    assert limits == [6_000, 12_000]
    assert kernel.headroom().exceeded() == ()


def test_the_close_of_an_older_socket_changes_nothing():
    kernel = charging()
    old = kernel.charger("a").connection_id
    kernel.connect("a", "new")
    assert kernel.when(Disconnected(charger_id="a", connection_id=old, reason="late")) == []
    assert kernel.charger("a").connected
    assert of_type(kernel.disconnect("a"), ChargerDisconnected) != []


def test_idle_chargers_count_0_unless_they_may_hide_a_start():
    kernel = charging()
    kernel.stop("a")
    assert kernel.counted("a") == 0
    kernel.disconnect("a")
    assert kernel.counted("a") == 6_000
    kernel.connect("a")
    assert kernel.counted("a") == 6_000
    kernel.after(60)
    assert kernel.counted("a") == 0


def test_an_unproven_one_counts_at_its_maximum_offline_and_0_before_it_was_ever_seen():
    kernel = Kernel().site()
    kernel.add("a")
    assert kernel.counted("a") == 0
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    assert kernel.counted("a") == 0
    kernel.disconnect("a")
    assert kernel.counted("a") == 32_000


def test_what_a_charger_shall_do_is_its_newest_failsafe_limit_and_lease():
    kernel = charging()
    event = of_type(kernel.targets(a=10), LimitDesired)[0]
    (row,) = LOAD.desired(kernel.ledger, event)
    assert isinstance(row, Desired)
    charger = kernel.charger("a")
    assert (row.charger_id, row.site_id, row.phases) == ("a", "s", 1)
    assert (row.floor.limit_ma, row.floor.generation) == (6_000, charger.failsafe.ask.generation)
    assert (row.lease.limit_ma, row.lease.generation) == (10_000, event.generation)
    assert row.lease.valid_until_ms == event.valid_until_ms
    ended = kernel.stop("a")[1]
    (row,) = LOAD.desired(kernel.ledger, ended)
    assert row.lease is None


def leased_in_place_of_the_failsafe_limit() -> Kernel:
    kernel = charging()
    kernel.targets(valid_s=3600, a=31)
    kernel.answer("a", replaces_failsafe=True)
    kernel.stop("a")
    return kernel


def test_a_lease_in_the_place_of_the_failsafe_limit_outlasts_its_transaction_until_that_is_put_back():
    kernel = leased_in_place_of_the_failsafe_limit()
    kernel.disconnect("a")
    assert kernel.counted("a") == 32_000
    kernel.connect("a")
    kernel.hold_failsafe("a")
    kernel.disconnect("a")
    assert kernel.counted("a") == 6_000


def test_a_start_may_ride_on_a_lease_that_is_in_the_place_of_the_failsafe_limit():
    kernel = leased_in_place_of_the_failsafe_limit()
    assert of_type(kernel.request("a"), TransactionPermitted)[0].start_ma == 32_000
    kernel.hold_failsafe("a")
    kernel.after(200)
    assert of_type(kernel.request("a"), TransactionPermitted)[0].start_ma == 6_000
