"""The one timer of a site: the next moment at which anything is due by the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from domain.load_control.confirmations import confirmation_due_ms
from domain.load_control.context import KernelContext
from domain.load_control.leases import renewal_due_ms
from domain.load_control.ledger import Charger, Ledger
from domain.load_control.outages import QUIET_MS
from domain.load_control.parameters import (
    ESCALATE_MS,
    FAILSAFE_DOUBT_MS,
    LAPSE_MARGIN_MS,
    LAST_RESORT_MS,
    LOST_STOP_MS,
    PATIENCE_MS,
    PLANNER_GRACE_MS,
    PROBE_MS,
    PROMISE_MS,
    QUEUE_MS,
    TRIGGER_MS,
    UNCONFIRMED_ALARM_MS,
    next_tick_ms,
)
from domain.load_control.statuses import request_due_ms
from domain.load_control.verification import is_probed
from domain.records.time import TimerDue

WAKE = "wake"


def set_timer(context: KernelContext, before: Ledger) -> None:
    """Set the timer where the next due moment is another one than `before`, and whenever the last one is used up."""
    now_ms = context.now_ms
    used_up = isinstance(context.given.data, TimerDue)
    if not context.events and not used_up:
        return
    due_ms = next_due_ms(context.ledger, now_ms)
    if due_ms is not None and (used_up or due_ms != next_due_ms(before, now_ms)):
        context.set_timer(WAKE, due_ms)


def reassess(context: KernelContext, _: TimerDue) -> None:
    """Apply the rules that follow a change: something may be due."""
    context.reassess = True


def next_due_ms(ledger: Ledger, now_ms: int) -> int | None:
    """The first moment after now, or None while nothing will be due."""
    return min((due_ms for due_ms in _moments(ledger, now_ms) if due_ms > now_ms), default=None)


def _moments(ledger: Ledger, now_ms: int) -> Iterator[int]:
    for cap in ledger.caps:
        yield cap.prepared_from_ms
        yield cap.holds_from_ms
        if cap.ends_ms is not None:
            yield cap.ends_ms
    if ledger.over_since_ms is not None:
        yield ledger.over_since_ms + PLANNER_GRACE_MS
        yield ledger.over_since_ms + ESCALATE_MS
        yield ledger.over_since_ms + LAST_RESORT_MS
        yield ledger.over_since_ms + PROMISE_MS
    if ledger.is_busy():
        yield next_tick_ms(now_ms)
        yield ledger.targets_until_ms
    renewal_ms = renewal_due_ms(ledger)
    if renewal_ms is not None:
        yield renewal_ms
    for charger in ledger.chargers.values():
        yield from _moments_of(charger, now_ms)


def _moments_of(charger: Charger, now_ms: int) -> Iterator[int]:
    if charger.permit is not None:
        yield charger.permit.reserved_until_ms
    if charger.reconnected_ms is not None:
        yield charger.reconnected_ms + QUEUE_MS
    if charger.pending_start is not None:
        yield charger.pending_start.since_ms + PLANNER_GRACE_MS
        yield charger.pending_start.until_ms
    if charger.commissioning is not None:
        yield charger.commissioning.expires_ms
    if charger.failsafe.doubted_ms is not None:
        yield charger.failsafe.doubted_ms + FAILSAFE_DOUBT_MS
    if charger.faulted_ms is not None:
        yield charger.faulted_ms + QUIET_MS
    if charger.doubted_ms is not None:
        yield charger.doubted_ms + LOST_STOP_MS
        yield charger.triggered_ms + TRIGGER_MS
    for stray in charger.strays():
        if stray.doubted_ms is not None:
            yield max(stray.doubted_ms, charger.reconnected_ms or 0) + LOST_STOP_MS
    if charger.uncertain is not None:
        yield charger.triggered_ms + TRIGGER_MS
        yield charger.uncertain.since_ms + UNCONFIRMED_ALARM_MS
    for _, until_ms in charger.possible:
        yield until_ms + LAPSE_MARGIN_MS
    if not charger.connected:
        return
    status_due_ms = request_due_ms(charger)
    if status_due_ms is not None:
        yield status_due_ms
    failsafe_due_ms = charger.failsafe.ask.due_ms()
    if failsafe_due_ms is not None:
        yield failsafe_due_ms
    if charger.lease is not None:
        yield from _moments_of_lease(charger, now_ms)


def _moments_of_lease(charger: Charger, now_ms: int) -> Iterator[int]:
    assert charger.lease is not None
    if is_probed(charger, now_ms):
        yield charger.lease.since_ms + PROBE_MS
    if charger.lease.lowered_ms is not None:
        yield charger.lease.lowered_ms + PATIENCE_MS
    lease_due_ms = charger.lease.ask.due_ms()
    if lease_due_ms is not None:
        yield lease_due_ms
    confirmation_ms = confirmation_due_ms(charger, now_ms)
    if confirmation_ms is not None:
        yield confirmation_ms
