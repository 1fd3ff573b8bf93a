"""Transactions in odd order, late, and more than once (ocpp.md 10 to 13)."""

from __future__ import annotations

from domain.load_control.transactions import draw_id
from domain.records.load import (
    AlarmRaised,
    LeaseEnded,
    LimitDesired,
    PermitSought,
    TransactionQuarantined,
    TransactionStarted,
    TransactionStopped,
    TransactionStopRepeated,
)
from domain.records.observations import Booted, TransactionStop
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def ready() -> Kernel:
    return Kernel().site(limit_a=64, firm_a=12).ready("a", "b")


def test_a_permitted_start_gets_a_limit_to_begin_with():
    kernel = ready()
    kernel.request("a")
    events = kernel.start("a", "start-1")
    (started,) = of_type(events, TransactionStarted)
    assert started.permitted
    assert started.start_id == "start-1"
    (limit,) = of_type(events, LimitDesired)
    assert (limit.transaction_id, limit.limit_ma) == (started.transaction_id, 6_000)


def test_a_repeated_start_is_answered_with_the_same_id_and_has_no_second_effect():
    kernel = ready()
    kernel.request("a")
    said = {"charger_time_ms": 5, "meter_start_wh": 7}
    (first,) = of_type(kernel.start("a", "start-1", **said), TransactionStarted)
    before = kernel.charger("a")
    (again,) = kernel.start("a", "start-2", **said)
    assert again.transaction_id == first.transaction_id
    assert again.duplicate_of == "start-1"
    assert again.permitted
    assert kernel.charger("a") == before


def test_a_repeat_after_the_stop_opens_nothing():
    kernel = ready()
    kernel.request("a")
    said = {"charger_time_ms": 5, "meter_start_wh": 7}
    (first,) = of_type(kernel.start("a", **said), TransactionStarted)
    kernel.stop("a")
    (again,) = of_type(kernel.start("a", **said), TransactionStarted)
    assert again.transaction_id == first.transaction_id
    assert kernel.charger("a").transactions == ()


def test_each_part_of_the_natural_key_tells_starts_apart():
    said = {"charger_time_ms": 5, "meter_start_wh": 7, "token_ref": "t"}
    for change in ({"charger_time_ms": 6}, {"meter_start_wh": 8}, {"token_ref": "u"}):
        kernel = ready()
        (first,) = of_type(kernel.start("a", **said), TransactionStarted)
        (other,) = of_type(kernel.start("a", **(said | change)), TransactionStarted)
        assert other.duplicate_of is None
        assert other.transaction_id != first.transaction_id


def test_ids_are_31_bits_positive_and_unique_at_the_site():
    kernel = ready()
    drawn = [int(draw_id(f"start-{index}", kernel.ledger)) for index in range(1000)]
    assert all(0 < one < 2**31 for one in drawn)
    assert max(drawn) > 2**30
    assert drawn != sorted(drawn)
    kernel.start("a", "start-1")
    assert draw_id("start-1", kernel.ledger) != kernel.charger("a").transactions[0].id
    kernel.stop("a")
    assert draw_id("start-1", kernel.ledger) != kernel.charger("a").ended[-1]


def test_a_start_that_nobody_permitted_is_recorded_and_gets_no_current():
    kernel = ready()
    events = kernel.start("a")
    assert not of_type(events, TransactionStarted)[0].permitted
    assert of_type(events, LimitDesired)[0].limit_ma == 0
    assert of_type(events, PermitSought)[0].charger_id == "a"
    assert kernel.counted("a") == 6_000
    assert not of_type(kernel.targets(a=10), LimitDesired)


def test_a_new_start_ends_the_transaction_whose_stop_was_lost():
    kernel = ready()
    kernel.charge("a", 20)
    old = kernel.charger("a").transactions[0]
    kernel.after(1800)
    events = kernel.start("a", vehicle_id="another", meter_start_wh=4000)
    (stopped,) = of_type(events, TransactionStopped)
    assert (stopped.transaction_id, stopped.energy_wh, stopped.reason) == (old.id, 3000, "superseded")
    assert len(kernel.charger("a").transactions) == 1
    assert of_type(kernel.stop("a", old.id, 9000), TransactionStopped) == []


def test_a_new_start_of_the_same_car_says_that_it_is_the_same():
    kernel = ready()
    kernel.charge("a", 20)
    (stopped,) = of_type(kernel.start("a", meter_start_wh=4000), TransactionStopped)
    assert stopped.reason == "restarted"


def test_energy_that_was_metered_after_the_next_start_is_not_the_transactions_whose_stop_was_lost():
    kernel = ready()
    kernel.charge("a", 20)
    kernel.after(1800)
    kernel.meter("a", 20, transaction_id=None, energy_wh=3_100)
    (stopped,) = of_type(kernel.start("a", vehicle_id="another", meter_start_wh=3_000), TransactionStopped)
    assert stopped.energy_wh == 2_000


def test_energy_that_was_metered_after_its_end_is_not_a_transactions_whose_stop_waited_for_the_line():
    kernel = ready()
    kernel.charge("a", 20)
    kernel.after(600)
    ended_ms = kernel.now_ms
    kernel.after(600)
    kernel.meter("a", 20, transaction_id=None, energy_wh=2_500)
    [running] = kernel.charger("a").transactions
    report = TransactionStop(
        charger_id="a", transaction_id=running.id, meter_stop_wh=1_700, charger_time_ms=ended_ms, reason="local"
    )
    (stopped,) = of_type(kernel.when(report), TransactionStopped)
    assert stopped.energy_wh == 700


def test_a_stop_ends_the_lease_and_counts_the_energy():
    kernel = ready()
    kernel.charge("a", 20)
    transaction = kernel.charger("a").transactions[0]
    kernel.after(1800)
    stopped, ended = of_type(kernel.stop("a", meter_stop_wh=4500), TransactionStopped, LeaseEnded)
    assert (stopped.transaction_id, stopped.energy_wh, stopped.vehicle_id) == (transaction.id, 3500, "v")
    assert ended.transaction_id == transaction.id
    assert kernel.counted("a") == 0


def test_energy_is_never_negative():
    kernel = ready()
    kernel.charge("a", 20)
    stopped = of_type(kernel.stop("a", meter_stop_wh=0), TransactionStopped)[0]
    assert (stopped.energy_wh, stopped.estimated) == (0, True)


def test_a_repeated_stop_is_recognised():
    kernel = ready()
    kernel.charge("a", 20)
    transaction_id = kernel.charger("a").transactions[0].id
    kernel.stop("a")
    before = kernel.ledger
    assert kernel.stop("a", transaction_id) == [TransactionStopRepeated(charger_id="a", transaction_id=transaction_id)]
    assert kernel.ledger == before


def test_a_stop_of_no_readable_transaction_is_of_the_only_one():
    kernel = ready()
    kernel.charge("a", 20)
    transaction_id = kernel.charger("a").transactions[0].id
    stopped = kernel.stop("a", "", unreadable=("transaction_id", "meter_stop_wh"))[0]
    assert isinstance(stopped, TransactionStopped)
    assert (stopped.transaction_id, stopped.estimated) == (transaction_id, True)
    (again,) = kernel.stop("a", "", unreadable=("transaction_id",))
    assert isinstance(again, TransactionQuarantined)


def test_a_stop_that_is_older_than_the_only_transaction_is_not_its_stop():
    kernel = ready()
    kernel.charge("a", 20)
    kernel.after(60)
    kernel.start("a", meter_start_wh=1_100)
    kernel.now_ms -= 30_000
    late, *_ = kernel.stop("a", "", unreadable=("transaction_id",))
    assert isinstance(late, TransactionQuarantined)


def test_stops_that_fit_nothing_are_quarantined():
    kernel = ready()
    kernel.charge("a", 20)
    foreign = kernel.charger("a").transactions[0].id
    for charger, transaction_id in (("a", "0"), ("a", "-1"), ("a", "12345"), ("b", foreign)):
        (event,) = kernel.stop(charger, transaction_id)
        assert isinstance(event, TransactionQuarantined)
    assert kernel.charger("a").transactions[0].id == foreign


def test_a_second_boot_neither_begins_nor_ends_transactions():
    kernel = ready()
    kernel.charge("a", 20)
    before = kernel.charger("a").transactions
    for _ in range(2):
        events = kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))
        assert of_type(events, TransactionStarted, TransactionStopped) == []
    assert kernel.charger("a").transactions == before


def test_two_connectors_at_once_count_at_the_physical_maximum():
    kernel = ready()
    kernel.charge("a", 10)
    events = kernel.start("a", evse_id=2)
    assert of_type(events, TransactionStopped) == []
    assert "two_transactions" in [alarm.code for alarm in of_type(events, AlarmRaised)]
    assert kernel.counted("a") == 32_000
    first = kernel.charger("a").transactions[0].id
    kernel.stop("a", first)
    assert len(kernel.charger("a").transactions) == 1


def test_a_reading_of_a_transaction_that_is_over_says_nothing():
    kernel = ready()
    kernel.charge("a", 20)
    reading = kernel.inputs[-1].data
    kernel.stop("a")
    assert reading.current_ma == (20_000, 0, 0)
    assert kernel.when(reading) == []
    assert kernel.counted("a") == 0


def test_current_without_a_transaction_counts_and_alarms():
    kernel = ready()
    events = kernel.meter("a", 10)
    assert kernel.counted("a") == 10_000
    assert "idle_current" in [alarm.code for alarm in of_type(events, AlarmRaised)]
    kernel.meter("a", 0.2)
    assert kernel.counted("a") == 0


def test_what_is_remembered_of_a_charger_is_bounded():
    kernel = ready()
    for index in range(60):
        kernel.start("a", charger_time_ms=index)
        kernel.stop("a")
    assert len(kernel.charger("a").starts) == 16
    assert len(kernel.charger("a").ended) == 32
