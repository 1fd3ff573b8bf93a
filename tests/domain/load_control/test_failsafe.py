"""Fail-safe limits: always installed, together never above the firm power."""

from __future__ import annotations

from domain.records.load import FailsafeDesired, TransactionPermitted
from domain.records.observations import Booted
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def failsafes_in(events) -> list[tuple[str, int]]:
    return [(event.charger_id, event.limit_ma) for event in of_type(events, FailsafeDesired)]


def test_a_failsafe_limit_is_the_first_that_is_desired_of_a_charger():
    kernel = Kernel().site(firm_a=10)
    kernel.add("a")
    assert failsafes_in(kernel.connect("a")) == [("a", 10_000)]


def test_those_that_do_not_fit_get_0():
    kernel = Kernel().site(firm_a=13)
    for charger in "abc":
        kernel.add(charger)
    told = [limit for charger in "abc" for limit in failsafes_in(kernel.connect(charger))]
    assert told == [("a", 7_000), ("b", 6_000), ("c", 0)]


def test_a_failsafe_limit_is_raised_only_after_the_lowered_one_is_accepted():
    kernel = Kernel().site(firm_a=20)
    kernel.add("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    assert kernel.charger("a").failsafe.installed_ma == 20_000
    kernel.add("b")
    assert failsafes_in(kernel.events[-3:]) == [("a", 10_000)]
    assert failsafes_in(kernel.connect("b")) == [("b", 0)]
    assert failsafes_in(kernel.answer("a", "failsafe")) == [("b", 10_000)]


def test_an_offline_charger_keeps_the_others_down():
    kernel = Kernel().site(firm_a=20)
    kernel.add("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    kernel.disconnect("a")
    kernel.add("b")
    kernel.connect("b")
    kernel.answer("b", "failsafe")
    assert kernel.charger("b").failsafe.desired_ma == 0
    assert failsafes_in(kernel.connect("a")) == [("a", 10_000)]
    assert failsafes_in(kernel.answer("a", "failsafe")) == [("b", 10_000)]


def test_every_connection_and_boot_asks_for_it_again():
    kernel = Kernel().site().ready("a")
    before = kernel.charger("a").generation
    assert failsafes_in(kernel.connect("a")) != []
    assert failsafes_in(kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))) != []
    assert kernel.charger("a").generation == before + 2


def test_a_charger_without_a_failsafe_limit_starts_only_where_its_maximum_fits():
    kernel = Kernel().site(limit_a=40, firm_a=12).ready("a", "b")
    kernel.charge("b", 20)
    kernel.connect("a")
    kernel.answer("a", "failsafe", "rejected")
    kernel.after(61)
    assert of_type(kernel.request("a"), TransactionPermitted) == []
    assert of_type(kernel.answer("a", "failsafe"), TransactionPermitted)[0].start_ma == 6_000


def test_after_a_boot_the_failsafe_limit_is_in_doubt_until_it_is_accepted():
    kernel = Kernel().site().ready("a")
    kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))
    kernel.after(59)
    assert kernel.charger("a").failsafe_ma(kernel.now_ms) == 20_000
    kernel.after(1)
    assert kernel.charger("a").failsafe_ma(kernel.now_ms) == 32_000
    kernel.answer("a", "failsafe")
    assert kernel.charger("a").failsafe_ma(kernel.now_ms) == 20_000


def test_a_refused_failsafe_limit_is_asked_for_again_ever_more_slowly():
    kernel = Kernel().site()
    kernel.add("a")
    kernel.connect("a")
    for wait_s in (5, 10, 20):
        kernel.answer("a", "failsafe", "rejected")
        assert failsafes_in(kernel.after(wait_s - 0.1)) == []
        assert failsafes_in(kernel.after(0.1)) != []


def test_a_paused_car_gives_its_failsafe_limit_back_once_the_pause_is_confirmed():
    kernel = Kernel().site(limit_a=32, firm_a=12).ready("a", "b")
    kernel.charge("a", 20)
    kernel.charge("b", 6)
    assert failsafes_in(kernel.targets(a=0)) == []
    kernel.answer("a")
    kernel.after(6)
    assert failsafes_in(kernel.meter("a", 0)) == [("a", 0)]
    assert kernel.counted("a") == 6_000
    kernel.answer("a", "failsafe")
    assert kernel.counted("a") == 0
    assert failsafes_in(kernel.targets(a=6)) == [("a", 6_000)]


def test_the_failsafe_limit_comes_back_with_the_end_of_the_transaction():
    kernel = Kernel().site(limit_a=32, firm_a=12).ready("a")
    kernel.charge("a", 20)
    kernel.targets(a=6)
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 6)
    kernel.answer("a", "failsafe")
    assert failsafes_in(kernel.stop("a")) == [("a", 12_000)]


def test_a_start_may_ride_on_its_failsafe_limit_until_its_first_limit_is_confirmed():
    kernel = Kernel().site(limit_a=32, firm_a=6).ready("a")
    assert failsafes_in(kernel.start("a")) == []
    assert kernel.charger("a").lease.limit_ma == 0
    assert failsafes_in(kernel.answer("a")) == []
    assert kernel.counted("a") == 6_000
    kernel.after(6)
    assert failsafes_in(kernel.meter("a", 0)) == [("a", 0)]


def test_after_a_reconnect_a_lower_failsafe_limit_counts_only_with_a_reading():
    kernel = Kernel().site(limit_a=32, firm_a=12).ready("a")
    kernel.charge("a", 20)
    kernel.targets(a=6)
    kernel.answer("a")
    kernel.after(6)
    assert failsafes_in(kernel.meter("a", 6)) == [("a", 6_000)]
    kernel.disconnect("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    kernel.answer("a")
    assert kernel.counted("a") == 12_000
    kernel.after(5)
    kernel.meter("a", 6)
    assert kernel.counted("a") == 6_000
