"""The capacity that `sites` may plan with: the limits in force, and the loads that targets can't lower."""

from __future__ import annotations

from domain.electrical.tree import specs_of
from domain.load_control.caps import limits
from domain.load_control.context import KernelContext
from domain.load_control.counting import is_lowerable
from domain.load_control.parameters import PROMISE_MS
from domain.records.load import CapacityChanged


def publish(context: KernelContext) -> None:
    """Publish the capacity when it changed."""
    ledger = context.ledger
    in_force = limits(ledger, context.now_ms)
    fixed = fixed_ma(context)
    if in_force != ledger.published_limits or fixed != ledger.published_fixed:
        context.add(CapacityChanged(limits=specs_of(in_force), fixed=tuple(fixed.items())))


def fixed_ma(context: KernelContext) -> dict[str, int]:
    """Chargers that are offline, unverified, permitted or about to start, with the mA that must be left for them."""
    fixed: dict[str, int] = {}
    for charger in context.ledger.chargers.values():
        counted = 0 if is_lowerable(charger, context.now_ms) else context.counted_ma(charger)
        reserved = charger.pending_start.start_ma if charger.pending_start is not None else 0
        if counted or reserved:
            fixed[charger.id] = max(counted, reserved)
    return fixed


def raise_alarms(context: KernelContext) -> None:
    """Alarm people where a cap can't be guaranteed, or where the ledger shows a broken promise."""
    ledger = context.ledger
    doubtful = [cap for cap in ledger.caps if not cap.guaranteed and not cap.is_over(context.now_ms)]
    if doubtful:
        detail = "a cap is lower than what can be guaranteed: it is kept as well as possible"
        context.alarm("cap_not_guaranteed", None, detail)
    else:
        context.all_clear("cap_not_guaranteed", None)
    if ledger.over_since_ms is None:
        context.all_clear("overload", None)
    elif context.now_ms >= ledger.over_since_ms + PROMISE_MS:
        context.alarm("overload", None, "counted at their worst, the chargers have exceeded a limit for too long")
