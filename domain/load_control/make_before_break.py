"""Targets into limits: decreases at once, increases only into room that the ledger shows."""

from __future__ import annotations

from domain.load_control.caps import room
from domain.load_control.context import KernelContext
from domain.load_control.counting import held_ma, unverified_ma
from domain.load_control.headroom import Headroom
from domain.load_control.ledger import Charger, Lease, Ledger, Transaction
from domain.load_control.parameters import LEASE_MS, STEP_MA
from domain.load_control.verification import is_probed
from domain.load_control.watts import least_ma, lowest_useful_ma, watch_room
from domain.records.load import LimitDesired

START_RULE = "load_control.start.v1"
RAISE_RULE = "load_control.raise.v1"
LOWERED = ("load_control.lower.v1", "a lower target, which needs no room")
REPEATED = ("load_control.repeat.v1", "the charger may not know its limit")


def desire(
    context: KernelContext, charger: Charger, limit_ma: int, rule: str, reason: str, total_ma: int | None = None
) -> None:
    """Request a limit of a charger, as a lease; in W of all its phases together no more than `total_ma`."""
    transaction = charger.transaction
    assert transaction is not None
    context.add(
        LimitDesired(
            charger_id=charger.id,
            transaction_id=transaction.id,
            limit_ma=limit_ma,
            generation=charger.generation + 1,
            valid_until_ms=context.now_ms + LEASE_MS,
            rule=rule,
            reason=reason,
            total_ma=total_ma,
        )
    )


def wanted_ma(ledger: Ledger, charger: Charger, transaction: Transaction, now_ms: int) -> int:
    """The limit that it gets if there is room (0, or its minimum up): its target, or else the fail-safe share."""
    if charger.non_compliant or charger.exceeds_rating or not transaction.may_charge:
        return 0
    wanted = min(_target_ma(ledger, charger, transaction, now_ms), charger.outlet.max_ma)
    if wanted < charger.outlet.min_ma:
        return 0
    if not transaction.commissioning or charger.verified:
        wanted = max(wanted, least_ma(charger))
    return min(wanted, charger.lease.limit_ma) if is_probed(charger, now_ms) and charger.lease else wanted


def _target_ma(ledger: Ledger, charger: Charger, transaction: Transaction, now_ms: int) -> int:
    if now_ms < ledger.targets_until_ms and charger.id in ledger.targets:
        return ledger.targets[charger.id]
    if transaction.commissioning and not charger.verified:
        return unverified_ma(charger, None, now_ms)
    return ledger.failsafe_plan.get(charger.id, 0)


def lower(context: KernelContext) -> None:
    """Desire decreases, the first limits of new transactions, and limits again that a charger may have lost."""
    now_ms = context.now_ms
    for charger in list(context.ledger.chargers.values()):
        transaction = charger.transaction
        if transaction is None or not charger.connected:
            continue
        wanted = wanted_ma(context.ledger, charger, transaction, now_ms)
        lease = charger.lease
        if lease is None or lease.transaction_id != transaction.id:
            limit_ma = min(wanted, _certain_ma(charger, now_ms))
            reason = (
                "a transaction begins with what it is counted at" if limit_ma else "no current until there is a target"
            )
            desire(context, charger, limit_ma, START_RULE, reason)
        elif wanted < lease.limit_ma or lease.ask.is_due(now_ms) or _was_probed(charger, lease, now_ms):
            # After an outage the lease may have lapsed: then even the old limit would be a raise.
            limit_ma = min(wanted, lease.limit_ma, _certain_ma(charger, now_ms))
            rule, reason = LOWERED if wanted < lease.limit_ma else REPEATED
            goes_on = limit_ma == lease.limit_ma and is_probed(charger, now_ms)
            desire(context, charger, limit_ma, rule, reason, lease.total_ma if goes_on else None)


def _was_probed(charger: Charger, lease: Lease, now_ms: int) -> bool:
    """Whether all phases together get less than the limit lets them have, for the sake of a proof that did not come."""
    return lease.total_ma is not None and not is_probed(charger, now_ms)


def _certain_ma(charger: Charger, now_ms: int) -> int:
    """What a compliant charger may draw already, so that no raise is in it, as a limit: 0 or its minimum up."""
    held = held_ma(charger, now_ms)
    return held if held >= charger.outlet.min_ma else 0


def raise_limits(context: KernelContext) -> None:
    """Grant raises in the order in which targets were given, each in full or in whole amps as far as there is room.

    Room is left for starts that wait. Where a node is exceeded already, nothing below it is raised.
    """
    hungry = _hungry(context)
    if not hungry:
        return
    left = room(context)
    for charger in context.ledger.chargers.values():
        if charger.pending_start is not None:
            counted = context.counted_ma(charger)
            left.change(charger.outlet, counted, max(counted, charger.pending_start.start_ma))
    for charger, wanted in hungry:
        _raise(context, left, charger, wanted)


def _hungry(context: KernelContext) -> list[tuple[Charger, int]]:
    """The chargers whose target is above their limit, the first to be served first."""
    ledger = context.ledger
    order = [charger_id for charger_id in ledger.targets if charger_id in ledger.chargers]
    order += [charger_id for charger_id in ledger.chargers if charger_id not in ledger.targets]
    hungry = []
    for charger_id in order:
        charger = ledger.chargers[charger_id]
        if charger.transaction is not None and charger.connected and charger.lease is not None:
            wanted = wanted_ma(ledger, charger, charger.transaction, context.now_ms)
            if wanted > charger.lease.limit_ma:
                hungry.append((charger, wanted))
    return hungry


def _raise(context: KernelContext, left: Headroom, charger: Charger, wanted_ma: int) -> None:
    lease = charger.lease
    assert lease is not None
    before_ma = context.counted_ma(charger)
    most_ma = left.most_ma(charger.outlet, before_ma)
    if most_ma < before_ma:
        return
    watch_room(context, charger, most_ma)
    granted_ma = wanted_ma
    if most_ma < wanted_ma:
        granted_ma = most_ma // STEP_MA * STEP_MA
        if granted_ma < max(lowest_useful_ma(charger), lease.limit_ma + STEP_MA):
            return
    reason = "there is room for it" if granted_ma == wanted_ma else f"there is room for this much of {wanted_ma} mA"
    desire(context, charger, granted_ma, RAISE_RULE, reason)
    left.change(charger.outlet, before_ma, context.counted_ma(context.ledger.chargers[charger.id]))
