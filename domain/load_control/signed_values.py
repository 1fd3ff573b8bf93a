"""Signed values of a transaction's begin and end are events; others are stored beside their reading only."""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger
from domain.records.load import ValueSigned
from domain.records.observations import Metered

MOST = 16
"""Of one transaction. It has two, and both may come twice: with its meter values, and with its stop."""
ALARM = "signed_values"


def receive(context: KernelContext, charger: Charger, reading: Metered) -> None:
    """Record the signed values of a transaction that is known; one that runs where the reading names none."""
    running = charger.transaction.id if charger.transaction is not None else None
    transaction_id = reading.transaction_id or running
    if transaction_id is None or not charger.knows(transaction_id):
        return
    for signed in reading.signed:
        if signed.moment == "other":
            continue
        if context.charger(charger.id).signed.get(transaction_id, 0) >= MOST:
            context.alarm(ALARM, charger.id, f"it sent more than {MOST} signed values of one transaction")
            return
        context.add(
            ValueSigned(
                transaction_id=transaction_id,
                charger_id=charger.id,
                moment=signed.moment,
                text=signed.text,
                charger_time_ms=reading.charger_time_ms,
            )
        )
