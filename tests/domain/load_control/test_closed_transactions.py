"""A transaction that an operator closes, since its charger does not."""

from __future__ import annotations

from domain.records.load import CloseTransaction, LeaseEnded, TransactionStopped
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one, rejection


def charging() -> Kernel:
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a")
    kernel.charge("a", 16)
    kernel.answer("a")
    kernel.after(30)
    kernel.meter("a", 16, energy_wh=1_000)
    kernel.after(30)
    kernel.meter("a", 16, energy_wh=1_030)
    return kernel


def test_it_ends_with_the_energy_of_its_last_reading_and_counts_until_no_current_is_seen():
    kernel = charging()
    events = kernel.when(CloseTransaction(charger_id="a"))
    stopped = one(TransactionStopped, events)
    assert (stopped.reason, stopped.energy_wh, stopped.estimated) == ("closed_by_operator", 30, True)
    assert of_type(events, LeaseEnded)
    assert kernel.charger("a").transactions == ()
    assert kernel.counted("a") >= 16_000
    kernel.after(10)
    kernel.meter("a", 0, transaction_id=None)
    assert kernel.counted("a") == 0


def test_the_one_that_is_meant_is_closed_and_no_other():
    kernel = charging()
    field, reason = rejection(kernel.when(CloseTransaction(charger_id="a", transaction_id="1")))
    assert (field, reason) == ("transaction_id", "no such transaction is open there")
    [running] = kernel.charger("a").transactions
    assert of_type(kernel.when(CloseTransaction(charger_id="a", transaction_id=running.id)), TransactionStopped)
    field, reason = rejection(kernel.when(CloseTransaction(charger_id="a")))
    assert (field, reason) == ("transaction_id", "no transaction is open there")
