"""The ledger after a start was permitted, waits or is refused, and after transactions start and stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.load_control.evolve.possible_limits import on_failsafe
from domain.load_control.ledger import (
    Charger,
    Ledger,
    PendingStart,
    Permit,
    Start,
    Transaction,
    Uncertain,
    with_charger,
)
from domain.load_control.parameters import REMEMBERED_ENDS, REMEMBERED_LOST_STOPS, REMEMBERED_STARTS
from domain.records import Payload, load
from domain.records.words import ENDED_WITHOUT_STOP


def _permitted(charger: Charger, event: load.TransactionPermitted, time_ms: int) -> Charger:
    if charger.transactions and event.expires_ms <= time_ms:  # to stop, or to go on of one that began without
        running = tuple(replace(one, permitted=True) for one in charger.transactions)
        return replace(charger, transactions=running)
    before = charger.permit if charger.permit is not None and charger.permit.is_reserved(time_ms) else None
    starts = before.starts + 1 if before is not None else 1
    return replace(charger, permit=Permit(event.start_ma, event.expires_ms, starts), pending_start=None)


def _waits(charger: Charger, event: load.StartWaits, time_ms: int) -> Charger:
    before = charger.pending_start
    since_ms = before.since_ms if before is not None and before.answered else time_ms
    return replace(charger, pending_start=PendingStart(event.request_id, event.start_ma, since_ms, event.until_ms))


def _refused(charger: Charger, event: load.TransactionRefused, _: int) -> Charger:
    if charger.pending_start is None or charger.pending_start.request_id != event.request_id:
        return charger
    if event.room_until_ms is None:
        return replace(charger, pending_start=None)
    pending = replace(charger.pending_start, until_ms=event.room_until_ms, answered=True)
    return replace(charger, pending_start=pending)


def _room_released(charger: Charger, _: load.RoomReleased, __: int) -> Charger:
    return replace(charger, pending_start=None)


def _started(charger: Charger, event: load.TransactionStarted, time_ms: int) -> Charger:
    if event.duplicate_of is not None:
        return charger
    transaction = Transaction(
        id=event.transaction_id,
        evse_id=event.evse_id,
        vehicle_id=event.vehicle_id,
        meter_start_wh=event.meter_start_wh,
        started_ms=time_ms,
        permitted=event.permitted,
        commissioning=event.commissioning,
        token_ref=event.token_ref,
    )
    start = Start(
        evse_id=event.evse_id,
        token_ref=event.token_ref,
        charger_time_ms=event.charger_time_ms,
        meter_start_wh=event.meter_start_wh,
        transaction_id=event.transaction_id,
        start_id=event.start_id,
        permitted=event.permitted,
        commissioning=event.commissioning,
    )
    charger = replace(
        charger,
        transactions=(*charger.transactions, transaction),
        starts=(*charger.starts, start)[-REMEMBERED_STARTS:],
        permit=_used(charger.permit),
        pending_start=None,
        doubted_ms=None,
        has_left=False,
        preparing_ms=None,
        other_card_ms=None,
        unnamed_stop_ms=None,
        uncertain=None,
    )
    return on_failsafe(charger, time_ms)


def _used(permit: Permit | None) -> Permit | None:
    return replace(permit, starts=permit.starts - 1) if permit is not None and permit.starts > 1 else None


def _stopped(ledger: Ledger, event: load.TransactionStopped, time_ms: int) -> Ledger:
    charger = ledger.chargers[event.charger_id]
    if event.reason in ENDED_WITHOUT_STOP:
        charger = _ended_by_evidence(charger, event, time_ms)
    charger = replace(
        charger,
        transactions=tuple(one for one in charger.transactions if one.id != event.transaction_id),
        ended=(*charger.ended, event.transaction_id)[-REMEMBERED_ENDS:],
        non_compliant=False,
        doubted_ms=None,
        has_left=False,
        preparing_ms=None,
        other_card_ms=None,
        unnamed_stop_ms=None,
    )
    targets = {other: ma for other, ma in ledger.targets.items() if other != event.charger_id}
    return replace(with_charger(ledger, charger), targets=targets)


def _ended_by_evidence(charger: Charger, event: load.TransactionStopped, time_ms: int) -> Charger:
    """Its stop may still come. What it drew is over where its connector is Available, and else not sure."""
    lost = tuple(one for one in charger.transactions if one.id == event.transaction_id)
    charger = replace(charger, lost=(*charger.lost, *lost)[-REMEMBERED_LOST_STOPS:])
    if all(charger.accepts(one.evse_id) for one in lost) and charger.own_status == "available":
        return replace(charger, available_ms=time_ms)
    if all(charger.status_of(one.evse_id) == "available" for one in lost):
        return charger
    return replace(
        charger, uncertain=Uncertain(max(charger.possible_ma(time_ms), charger.failsafe_ma(time_ms)), time_ms)
    )


def _quarantined(ledger: Ledger, event: load.TransactionQuarantined, time_ms: int) -> Ledger:
    """A stop that names no transaction may be of any that runs there."""
    running = [one for one in ledger.outlets_of(event.charger_id) if one.transactions]
    for charger in running if not event.transaction_id else []:
        charger = replace(charger, unnamed_stop_ms=time_ms)
        if charger.doubted_ms is None and charger.is_contradicted_by(charger.own_status):
            charger = replace(charger, doubted_ms=time_ms, has_left=not charger.has_rebooted)
        ledger = with_charger(ledger, charger)
    return ledger


def _stop_corrected(charger: Charger, event: load.TransactionStopCorrected, _: int) -> Charger:
    return replace(charger, lost=tuple(one for one in charger.lost if one.id != event.transaction_id))


def _value_signed(charger: Charger, event: load.ValueSigned, _: int) -> Charger:
    known = {one: count for one, count in charger.signed.items() if charger.knows(one)}
    return replace(charger, signed=known | {event.transaction_id: known.get(event.transaction_id, 0) + 1})


OF_SITE: dict[type[Payload], Callable[[Ledger, Any, int], Ledger]] = {
    load.TransactionStopped: _stopped,
    load.TransactionQuarantined: _quarantined,
}


OF_CHARGER: dict[type[Payload], Callable[[Charger, Any, int], Charger]] = {
    load.TransactionPermitted: _permitted,
    load.StartWaits: _waits,
    load.TransactionRefused: _refused,
    load.RoomReleased: _room_released,
    load.TransactionStarted: _started,
    load.TransactionStopCorrected: _stop_corrected,
    load.ValueSigned: _value_signed,
}
