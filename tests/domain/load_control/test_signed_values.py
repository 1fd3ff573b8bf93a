"""Signed values of a transaction's begin and end become events, unchanged; what is signed in between does not."""

from __future__ import annotations

import pytest

from domain.load_control.signed_values import ALARM, MOST
from domain.records.load import ValueSigned
from domain.records.observations import SignedValue
from tests.stories.kernel import Kernel
from tests.stories.story import of_type

OCMF = 'OCMF|{"FV":"1.0","RD":[{"TM":"2026-01-01T00:00:00,000+0000 S","RV":1.50}]}|{"SD":"3045\u00e9"}'


def charging() -> Kernel:
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a")
    kernel.charge("a", 16)
    return kernel


def signed(*moments: str, text: str = OCMF) -> tuple[SignedValue, ...]:
    return tuple(SignedValue(moment=moment, text=text) for moment in moments)


def test_those_of_the_begin_and_the_end_are_recorded_as_they_came():
    kernel = charging()
    [running] = kernel.charger("a").transactions
    events = kernel.meter("a", None, signed=signed("begin", "other", "end"))
    assert [(one.transaction_id, one.moment, one.text) for one in of_type(events, ValueSigned)] == [
        (running.id, "begin", OCMF),
        (running.id, "end", OCMF),
    ]


@pytest.mark.parametrize("named", [True, False])
def test_where_the_reading_names_no_transaction_it_is_of_the_one_that_runs(named: bool):
    kernel = charging()
    [running] = kernel.charger("a").transactions
    reading = {"transaction_id": running.id if named else None, "signed": signed("begin")}
    [recorded] = of_type(kernel.meter("a", 16, **reading), ValueSigned)
    assert recorded.transaction_id == running.id


def test_those_of_a_transaction_that_is_over_come_late_and_of_an_unknown_one_are_no_events():
    kernel = charging()
    [running] = kernel.charger("a").transactions
    kernel.stop("a")
    late = {"fresh": False, "signed": signed("end")}
    [recorded] = of_type(kernel.meter("a", None, transaction_id=running.id, **late), ValueSigned)
    assert recorded.transaction_id == running.id
    assert not of_type(kernel.meter("a", None, transaction_id="4711", **late), ValueSigned)
    assert not of_type(kernel.meter("a", None, transaction_id=None, **late), ValueSigned)


def test_a_charger_that_signs_without_end_fills_no_log():
    kernel = charging()
    recorded = []
    for number in range(MOST):
        recorded += of_type(kernel.meter("a", 16, signed=signed("begin", "end", text=f"OCMF|{number}")), ValueSigned)
    assert len(recorded) == MOST
    assert (ALARM, "a") in kernel.ledger.alarms
    kernel.stop("a")
    kernel.charge("a", 16)
    assert of_type(kernel.meter("a", 16, signed=signed("begin")), ValueSigned)
    assert (ALARM, "a") not in kernel.ledger.alarms


def test_they_change_nothing_that_is_counted_or_believed():
    plain, with_signed = charging(), charging()
    plain.meter("a", 16, energy_wh=1_000)
    events = with_signed.meter("a", 16, energy_wh=1_000, signed=signed("begin"))
    assert of_type(events, ValueSigned)
    assert plain.counted("a") == with_signed.counted("a")
    assert plain.ledger.alarms == with_signed.ledger.alarms
