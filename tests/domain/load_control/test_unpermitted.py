"""A transaction that began without a permit gets no current until it has one, or is asked to stop."""

from __future__ import annotations

from domain.load_control.unpermitted import ALARM
from domain.records import load, sites
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def begun() -> Kernel:
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    kernel.start("a")
    return kernel


def deny(kernel: Kernel, reason: str = "the charger is held for another car") -> list:
    return kernel.when(sites.StartDenied(charger_id="a", request_id="r", rule="admission.v1", reason=reason))


def test_it_is_counted_and_gets_no_current_whatever_its_target():
    kernel = begun()
    kernel.targets(a=16)
    assert kernel.charger("a").lease.limit_ma == 0
    assert kernel.counted("a") > 0


def test_with_a_permit_it_is_like_any_other():
    kernel = begun()
    [permitted] = of_type(kernel.request("a"), load.TransactionPermitted)
    assert permitted.charger_id == "a"
    kernel.targets(a=16)
    assert kernel.charger("a").lease.limit_ma == 16_000
    assert (ALARM, "a") not in kernel.ledger.alarms


def test_where_it_is_denied_it_is_asked_to_stop_and_the_alarm_says_why():
    kernel = begun()
    events = deny(kernel)
    [command] = of_type(events, load.CommandRequested)
    transaction = kernel.charger("a").transactions[0]
    assert (command.action, command.arguments) == ("remote_stop", {"transaction_id": str(transaction.id)})
    [alarm] = of_type(events, load.AlarmRaised)
    assert "the charger is held for another car" in alarm.detail
    kernel.targets(a=16)
    assert kernel.charger("a").lease.limit_ma == 0


def test_the_denial_of_a_card_that_is_only_presented_stops_nothing():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    assert not of_type(deny(kernel), load.CommandRequested)
    kernel.charge("a", 16)
    assert not of_type(deny(kernel), load.CommandRequested)
    assert kernel.charger("a").transactions[0].permitted


def test_without_room_it_is_refused_and_asked_to_stop():
    kernel = begun()
    kernel.cap(1)
    kernel.after(61)
    events = kernel.request("a")
    assert of_type(events, load.TransactionRefused)
    assert [command.action for command in of_type(events, load.CommandRequested)] == ["remote_stop"]


def test_a_start_on_a_connector_that_was_never_registered_is_asked_to_stop_and_seeks_no_permit():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    kernel.charge("a", 10)
    events = kernel.start("a", evse_id=2)
    assert not of_type(events, load.PermitSought)
    [command] = of_type(events, load.CommandRequested)
    assert command.action == "remote_stop"


def test_the_repeat_of_a_start_that_was_permitted_since_is_permitted():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    reported = {"charger_time_ms": 5, "meter_start_wh": 7}
    kernel.start("a", "first", **reported)
    kernel.request("a")
    [again] = of_type(kernel.start("a", "again", **reported), load.TransactionStarted)
    assert (again.duplicate_of, again.permitted) == ("first", True)


def test_a_start_on_an_unknown_connector_leaves_the_real_transaction_its_limits():
    """The car at the registered connector is lowered by a cap, though another transaction is the newest."""
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    kernel.charge("a", 20)
    kernel.answer("a")
    real = kernel.charger("a").transactions[0]
    kernel.start("a", evse_id=2)
    assert kernel.charger("a").lease.transaction_id == real.id
    kernel.targets(a=8)
    assert (kernel.charger("a").lease.transaction_id, kernel.charger("a").lease.limit_ma) == (real.id, 8_000)


def test_a_start_on_an_unknown_connector_is_refused_at_once():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    [refused] = of_type(kernel.start("a", "ghost", evse_id=2), load.TransactionRefused)
    assert "no connector 2" in refused.reason
