"""Transactions as chargers report them: in odd order, late, and more than once."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from domain.electrical import register
from domain.electrical.register import Moment, RegisterEnergy
from domain.errors import DomainError
from domain.load_control import permits, unpermitted
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Ledger, Start, Transaction
from domain.load_control.meters import stopped_transaction
from domain.records import derived_id
from domain.records.load import (
    CloseTransaction,
    LeaseEnded,
    TransactionQuarantined,
    TransactionStarted,
    TransactionStopCorrected,
    TransactionStopped,
    TransactionStopRepeated,
)
from domain.records.observations import TransactionStart, TransactionStop
from domain.records.words import StopReason

CLOSE_RULE = "load_control.close_transaction.v1"


def start(context: KernelContext, report: TransactionStart) -> None:
    """Record a start; a repeat gets the same transaction id. A start is a fact, whether it was permitted or not.

    A start on a connector whose transaction is still open ends that one: its stop was lost.
    """
    start_id = context.given.id
    charger = context.outlet(report.charger_id, report.evse_id)
    known = _known_start(charger, report)
    if known is not None:
        permitted_since = any(one.permitted for one in charger.transactions if one.id == known.transaction_id)
        permitted = known.permitted or permitted_since
        return context.add(
            _started(charger, report, known.transaction_id, start_id, permitted, known.commissioning, known)
        )
    for open_one in charger.transactions:
        if open_one.evse_id == report.evse_id:
            _supersede(context, charger, open_one, report)
    transaction_id = draw_id(start_id, context.ledger)
    charger = context.charger(charger.id)
    permitted = _is_permitted(context, charger, report)
    test = charger.commissioning
    commissioning = test is not None and context.now_ms < test.expires_ms and not charger.verified
    context.add(_started(charger, report, transaction_id, start_id, permitted, commissioning))
    context.all_clear("idle_current", charger.id)
    context.all_clear("stop_lost", charger.id)
    if not charger.accepts(report.evse_id):
        reason = f"the charger has no connector {report.evse_id}"
        charger = context.charger(charger.id)
        permits.refuse(context, charger, start_id, reason)
        unpermitted.stop(context, charger, charger.transactions[-1], reason)
    elif not permitted and not commissioning:
        unpermitted.seek_permit(context, charger.id, transaction_id, report)
    if len(context.charger(charger.id).transactions) > 1:
        context.alarm("two_transactions", charger.id, "two connectors charge at once: counted at its physical maximum")
    return None


def _supersede(context: KernelContext, charger: Charger, open_one: Transaction, report: TransactionStart) -> None:
    """End a transaction by another start at its connector."""
    same_car = report.vehicle_id is not None and report.vehicle_id == open_one.vehicle_id
    reason: StopReason = "restarted" if same_car else "superseded"
    _stop(context, charger, open_one, report.meter_start_wh, reason, report.charger_time_ms)


def _is_permitted(context: KernelContext, charger: Charger, report: TransactionStart) -> bool:
    """Whether the start has a permit: the outlet's own, or room here where another outlet of its charger has one.

    A card is presented to the charger, so the car may be plugged in at another connector than the expected one.
    """
    if not charger.accepts(report.evse_id) or report.card != "valid":
        return False
    if _has_permit(charger, context.now_ms):
        return True
    others = [one for one in context.outlets(charger.id) if _has_permit(one, context.now_ms) and not one.transactions]
    return bool(others) and permits.permit_now(context, charger, derived_id(context.given.id, "elsewhere"))


def _has_permit(charger: Charger, now_ms: int) -> bool:
    return charger.permit is not None and charger.permit.is_reserved(now_ms)


def _known_start(charger: Charger, report: TransactionStart) -> Start | None:
    key = (report.evse_id, report.token_ref, report.charger_time_ms, report.meter_start_wh)
    for known in charger.starts:
        if key == (known.evse_id, known.token_ref, known.charger_time_ms, known.meter_start_wh):
            return known
    return None


def _started(
    charger: Charger,
    report: TransactionStart,
    transaction_id: str,
    start_id: str,
    permitted: bool,
    commissioning: bool,
    known: Start | None = None,
) -> TransactionStarted:
    return TransactionStarted(
        transaction_id=transaction_id,
        charger_id=charger.id,
        evse_id=report.evse_id,
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


def draw_id(start_id: str, ledger: Ledger) -> str:
    """A transaction id from the start record's id: a positive number of 31 bits, as OCPP 1.6 needs it, not sequential
    and not in use at the site."""
    used = {transaction.id for charger in ledger.chargers.values() for transaction in charger.transactions}
    used |= {transaction_id for charger in ledger.chargers.values() for transaction_id in charger.ended}
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{start_id}/{attempt}".encode()).digest()
        drawn = str(int.from_bytes(digest[:4]) & 0x7FFFFFFF)
        if drawn != "0" and drawn not in used:
            return drawn
        attempt += 1


def stop(context: KernelContext, report: TransactionStop) -> None:
    """End a transaction of this charger. A stop that fits none is recorded for review, and never counted."""
    outlets = context.outlets(report.charger_id)
    stopped = stopped_transaction(outlets, context.observations, report, context.now_ms)
    if stopped is not None:
        charger, transaction = stopped
        meter_stop_wh = None if "meter_stop_wh" in report.unreadable else report.meter_stop_wh
        return _stop(context, charger, transaction, meter_stop_wh, report.reason, report.charger_time_ms)
    for charger in outlets:
        lost = next((one for one in charger.lost if one.id == report.transaction_id), None)
        if lost is not None and "meter_stop_wh" not in report.unreadable:
            return _correct(context, charger, lost, report)
        if report.transaction_id in charger.ended:
            return context.add(TransactionStopRepeated(charger_id=charger.id, transaction_id=report.transaction_id))
    return context.add(
        TransactionQuarantined(
            charger_id=outlets[0].id,
            transaction_id=report.transaction_id,
            meter_stop_wh=report.meter_stop_wh,
            reason=_why_none(report),
        )
    )


def _why_none(report: TransactionStop) -> str:
    if not report.transaction_id:
        return "it names no transaction, and fits none that runs"
    return "this charger has no such transaction"


def _at_its_end(
    context: KernelContext, charger: Charger, transaction: Transaction, meter_stop_wh: int, charger_time_ms: int
) -> RegisterEnergy:
    """The energy by the register at its end. Where that is reported late, what was read since is another one's."""
    read = context.observations.energy_of(charger, transaction)
    energy = register.end(read, charger.outlet, meter_stop_wh, Moment(context.now_ms, charger_time_ms))
    [last, *others] = energy.courses
    gained_wh = meter_stop_wh - transaction.meter_start_wh
    read_since = charger_time_ms <= read.courses[0].at.charger_ms and meter_stop_wh < read.courses[0].value_wh
    if not read_since or not 0 < gained_wh < last.energy_wh:
        return energy
    return replace(energy, courses=(replace(last, energy_wh=gained_wh), *others))


def close(context: KernelContext, command: CloseTransaction) -> None:
    """An operator ends a transaction, or all of the outlet. Raises `DomainError` where none is open there."""
    charger = context.charger(command.charger_id)
    named = [one for one in charger.transactions if command.transaction_id in (None, one.id)]
    if not named:
        which = "no transaction" if command.transaction_id is None else "no such transaction"
        raise DomainError(f"{which} is open there", field="transaction_id", rule=CLOSE_RULE)
    for transaction in named:
        end_by_evidence(context, context.charger(charger.id), transaction, "closed_by_operator")


def end_by_evidence(context: KernelContext, charger: Charger, transaction: Transaction, reason: StopReason) -> None:
    """End a transaction without its stop, with the energy of the last reading that was believed."""
    _stop(context, charger, transaction, None, reason, context.now_ms)


def _correct(context: KernelContext, charger: Charger, lost: Transaction, report: TransactionStop) -> None:
    """The energy of a transaction that had ended without its stop, now that this has come."""
    energy = _at_its_end(context, charger, lost, report.meter_stop_wh, report.charger_time_ms)
    context.add(
        TransactionStopCorrected(
            transaction_id=lost.id,
            charger_id=charger.id,
            vehicle_id=lost.vehicle_id,
            energy_wh=energy.energy_wh,
            estimated=energy.estimated,
            meter_stop_wh=report.meter_stop_wh,
            reason=report.reason,
        )
    )
    context.all_clear("stop_lost", charger.id)


def _stop(
    context: KernelContext,
    charger: Charger,
    transaction: Transaction,
    meter_stop_wh: int | None,
    reason: StopReason,
    charger_time_ms: int,
) -> None:
    """`meter_stop_wh` None: unknown. Then the energy is that of the last reading that was believed."""
    if meter_stop_wh is None:
        energy = context.observations.energy_of(charger, transaction)
    else:
        energy = _at_its_end(context, charger, transaction, meter_stop_wh, charger_time_ms)
    context.add(
        TransactionStopped(
            transaction_id=transaction.id,
            charger_id=charger.id,
            vehicle_id=transaction.vehicle_id,
            energy_wh=energy.energy_wh,
            estimated=energy.estimated or meter_stop_wh is None,
            meter_stop_wh=energy.courses[0].value_wh if meter_stop_wh is None else meter_stop_wh,
            reason=reason,
            commissioning=transaction.commissioning,
        )
    )
    charger = context.charger(charger.id)
    if charger.lease is not None and charger.lease.transaction_id == transaction.id:
        context.add(LeaseEnded(charger_id=charger.id, transaction_id=transaction.id, generation=charger.generation + 1))
    codes = ["start_not_permitted", "meter_silent", "unconfirmed", "shed"]
    codes += ["reading_refused", "no_power", "no_room_to_prove", "signed_values"]
    for code in [*codes, "two_transactions"] if len(charger.transactions) < 2 else codes:
        context.all_clear(code, charger.id)
