"""Transactions as chargers report them: in odd order, late, and more than once."""

from __future__ import annotations

import hashlib

from domain.electrical import register
from domain.electrical.register import Moment
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Ledger, Start, Transaction
from domain.records.load import (
    LeaseEnded,
    TransactionQuarantined,
    TransactionStarted,
    TransactionStopped,
    TransactionStopRepeated,
)
from domain.records.observations import TransactionStart, TransactionStop


def start(context: KernelContext, report: TransactionStart) -> None:
    """Record a start; a repeat gets the same transaction id. A start is a fact, whether it was permitted or not.

    A start on a connector whose transaction is still open ends that one: its stop was lost.
    """
    start_id = context.given.id
    charger = context.charger(report.charger_id)
    known = _known_start(charger, report)
    if known is not None:
        return context.add(
            _started(report, known.transaction_id, start_id, known.permitted, known.commissioning, known)
        )
    for open_one in charger.transactions:
        if open_one.connector_id == report.connector_id:
            _stop(context, charger, open_one, report.meter_start_wh, "superseded", report.charger_time_ms)
    transaction_id = draw_id(start_id, context.ledger)
    charger = context.charger(report.charger_id)
    permitted = charger.permit is not None and charger.permit.is_reserved(context.now_ms)
    test = charger.commissioning
    commissioning = test is not None and context.now_ms < test.expires_ms and not charger.verified
    context.add(_started(report, transaction_id, start_id, permitted, commissioning))
    context.all_clear("idle_current", charger.id)
    if not permitted:
        context.alarm("start_not_permitted", charger.id, "a transaction began without a permit: it gets no current yet")
    if len(context.charger(charger.id).transactions) > 1:
        context.alarm("two_transactions", charger.id, "two connectors charge at once: counted at its physical maximum")
    return None


def _known_start(charger: Charger, report: TransactionStart) -> Start | None:
    key = (report.connector_id, report.token_ref, report.charger_time_ms, report.meter_start_wh)
    for known in charger.starts:
        if key == (known.connector_id, known.token_ref, known.charger_time_ms, known.meter_start_wh):
            return known
    return None


def _started(
    report: TransactionStart,
    transaction_id: int,
    start_id: str,
    permitted: bool,
    commissioning: bool,
    known: Start | None = None,
) -> TransactionStarted:
    return TransactionStarted(
        transaction_id=transaction_id,
        charger_id=report.charger_id,
        connector_id=report.connector_id,
        vehicle_id=report.vehicle_id,
        token_ref=report.token_ref,
        meter_start_wh=report.meter_start_wh,
        permitted=permitted,
        commissioning=commissioning,
        duplicate_of=known.start_id if known else None,
        charger_time_ms=report.charger_time_ms,
        start_id=start_id,
    )


def draw_id(start_id: str, ledger: Ledger) -> int:
    """A transaction id of 31 bits from the start record's id: positive, not sequential, not in use at the site."""
    used = {transaction.id for charger in ledger.chargers.values() for transaction in charger.transactions}
    used |= {transaction_id for charger in ledger.chargers.values() for transaction_id in charger.ended}
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{start_id}/{attempt}".encode()).digest()
        drawn = int.from_bytes(digest[:4]) & 0x7FFFFFFF
        if drawn != 0 and drawn not in used:
            return drawn
        attempt += 1


def stop(context: KernelContext, report: TransactionStop) -> None:
    """End a transaction of this charger. A stop that fits none is recorded for review, and never counted."""
    charger = context.charger(report.charger_id)
    for transaction in charger.transactions:
        if transaction.id == report.transaction_id:
            return _stop(context, charger, transaction, report.meter_stop_wh, report.reason, report.charger_time_ms)
    if report.transaction_id in charger.ended:
        return context.add(TransactionStopRepeated(charger_id=charger.id, transaction_id=report.transaction_id))
    return context.add(
        TransactionQuarantined(
            charger_id=charger.id,
            transaction_id=report.transaction_id,
            meter_stop_wh=report.meter_stop_wh,
            reason="this charger has no such transaction",
        )
    )


def _stop(
    context: KernelContext,
    charger: Charger,
    transaction: Transaction,
    meter_stop_wh: int,
    reason: str,
    charger_time_ms: int,
) -> None:
    before = context.observations.energy_of(charger, transaction)
    energy = register.end(before, charger.outlet, meter_stop_wh, Moment(context.now_ms, charger_time_ms))
    context.add(
        TransactionStopped(
            transaction_id=transaction.id,
            charger_id=charger.id,
            vehicle_id=transaction.vehicle_id,
            energy_wh=energy.energy_wh,
            estimated=energy.estimated,
            meter_stop_wh=meter_stop_wh,
            reason=reason,
            commissioning=transaction.commissioning,
        )
    )
    charger = context.charger(charger.id)
    if charger.lease is not None and charger.lease.transaction_id == transaction.id:
        context.add(LeaseEnded(charger_id=charger.id, transaction_id=transaction.id, generation=charger.generation + 1))
    codes = ["start_not_permitted", "meter_silent", "unconfirmed", "shed"]
    codes += ["reading_refused", "no_power", "no_room_to_prove"]
    for code in [*codes, "two_transactions"] if len(charger.transactions) < 2 else codes:
        context.all_clear(code, charger.id)
