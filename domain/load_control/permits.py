"""Room for a transaction's first current: permitted where it is, made where it is not, refused if it can't be."""

from __future__ import annotations

from domain.load_control import unpermitted
from domain.load_control.caps import room
from domain.load_control.context import KernelContext
from domain.load_control.counting import start_ma
from domain.load_control.ledger import Charger, PendingStart, Transaction
from domain.load_control.parameters import PERMIT_MS, PERMIT_WAIT_MS, ROOM_MS
from domain.records.load import RoomReleased, StartWaits, TransactionPermitted, TransactionRefused
from domain.records.sites import StartRequested

RULE = "load_control.permit.v1"


def request(context: KernelContext, event: StartRequested) -> None:
    """Decide a start now, or let it wait for room; a newer request replaces one that waits.

    Where the connector's status contradicts the transaction, its stop may be late, and the next start before it.
    """
    charger, request_id = context.charger(event.charger_id), event.request_id
    if charger.pending_start is not None:
        if charger.pending_start.request_id == request_id:
            return None
        if not charger.pending_start.answered:
            refuse(context, charger, charger.pending_start.request_id, "another start was requested at this charger")
    reason = objection(charger)
    if reason is not None:
        return refuse(context, charger, request_id, reason)
    if charger.transaction is not None and charger.doubted_ms is None:
        return _permit_running(context, charger, charger.transaction, request_id)
    if permit_now(context, charger, request_id):
        return None
    needed_ma = start_ma(charger, context.meter(charger), context.now_ms)
    return context.add(
        StartWaits(
            charger_id=charger.id,
            request_id=request_id,
            start_ma=needed_ma,
            until_ms=context.now_ms + PERMIT_WAIT_MS,
            rule=RULE,
            reason=f"no room for {needed_ma} mA yet: others are lowered",
        )
    )


def _permit_running(context: KernelContext, charger: Charger, running: Transaction, request_id: str) -> None:
    """A transaction runs already, so it is counted: to stop needs no room, and to go on needs no more."""
    if running.may_charge:
        reason = "this charger is charging already: to stop there needs no room"
    elif room(context).exceeded():
        reason = "there is no room for it"
        refuse(context, charger, request_id, reason)
        return unpermitted.stop(context, charger, running, reason)
    else:
        reason = "it began without a permit, and there is room for it"
    return _permit(context, charger, request_id, 0, context.now_ms, reason)


def permit_now(context: KernelContext, charger: Charger, request_id: str) -> bool:
    """Permit a start if nothing stands against it at this moment."""
    needed_ma = start_ma(charger, context.meter(charger), context.now_ms)
    if objection(charger) is not None or not _has_room(context, charger, needed_ma):
        return False
    reason = f"there is room for {needed_ma} mA, which it may draw before it has a limit"
    _permit(context, charger, request_id, needed_ma, context.now_ms + PERMIT_MS, reason)
    return True


def objection(charger: Charger) -> str | None:
    """Why nothing can start there, whatever room there is."""
    if not charger.connected:
        return "the charger is not connected"
    if charger.is_failed():
        return "the charger is faulted or unavailable"
    if charger.exceeds_rating:
        return "more is measured at the charger than its outlet is rated for"
    return None


def permit_waiting(context: KernelContext) -> None:
    """Permit the starts that waited, the longest first, as soon as there is room; refuse them when their time is up."""
    waiting = [charger for charger in context.ledger.chargers.values() if charger.pending_start is not None]
    for charger in sorted(waiting, key=lambda one: one.pending_start.since_ms if one.pending_start else 0):
        assert charger.pending_start is not None
        request_id = charger.pending_start.request_id
        if charger.pending_start.answered:
            _release_room(context, charger, charger.pending_start)
            continue
        reason = objection(charger)
        if reason is not None:
            refuse(context, charger, request_id, reason)
        elif not permit_now(context, charger, request_id) and context.now_ms >= charger.pending_start.until_ms:
            reason = f"no room could be made for it within {PERMIT_WAIT_MS // 1000} s: try again soon"
            room_until_ms = context.now_ms + ROOM_MS if _shares_its_line(context, charger) else None
            refuse(context, charger, request_id, reason, room_until_ms)


def _shares_its_line(context: KernelContext, charger: Charger) -> bool:
    """Whether another outlet of its charger charges: its meter values wait behind the card's own answer."""
    return any(other.transactions for other in context.outlets(charger.id) if other.id != charger.id)


def _release_room(context: KernelContext, charger: Charger, pending: PendingStart) -> None:
    """The room that is left for another try is anybody's after its time, or where nothing can start any more."""
    if context.now_ms >= pending.until_ms or objection(charger) is not None:
        context.add(RoomReleased(charger_id=charger.id, request_id=pending.request_id))


def _has_room(context: KernelContext, charger: Charger, needed_ma: int) -> bool:
    """Whether it fits beside all that is counted and all starts that have waited longer."""
    left = room(context)
    since_ms = context.now_ms if charger.pending_start is None else charger.pending_start.since_ms
    for other in context.ledger.chargers.values():
        if other.id != charger.id and other.pending_start is not None and other.pending_start.since_ms < since_ms:
            other_ma = context.counted_ma(other)
            left.change(other.outlet, other_ma, max(other_ma, other.pending_start.start_ma))
    return needed_ma <= left.most_ma(charger.outlet, context.counted_ma(charger))


def _permit(
    context: KernelContext, charger: Charger, request_id: str, needed_ma: int, expires_ms: int, reason: str
) -> None:
    context.add(
        TransactionPermitted(
            charger_id=charger.id,
            request_id=request_id,
            start_ma=needed_ma,
            expires_ms=expires_ms,
            rule=RULE,
            reason=reason,
        )
    )


def refuse(
    context: KernelContext, charger: Charger, request_id: str, reason: str, room_until_ms: int | None = None
) -> None:
    context.add(
        TransactionRefused(
            charger_id=charger.id, request_id=request_id, rule=RULE, reason=reason, room_until_ms=room_until_ms
        )
    )
