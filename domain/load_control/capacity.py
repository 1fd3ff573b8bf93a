"""What `sites` is told: the limits in force, and what chargers are counted at that targets can't lower."""

from __future__ import annotations

from domain.electrical.grid import Node
from domain.load_control.caps import limits
from domain.load_control.context import KernelContext
from domain.load_control.counting import is_lowerable
from domain.load_control.parameters import PROMISE_MS
from domain.records.load import CapacityChanged
from domain.records.registry import NodeSpec


def tell(context: KernelContext) -> None:
    """Say so when it changed."""
    ledger = context.ledger
    in_force = limits(ledger, context.now_ms)
    fixed = fixed_ma(context)
    if in_force != ledger.told_limits or fixed != ledger.told_fixed:
        specs = tuple(_spec(node) for node in in_force.values())
        context.add(CapacityChanged(limits=specs, fixed=tuple(fixed.items())))


def fixed_ma(context: KernelContext) -> dict[str, int]:
    """Chargers that are offline, unproven, permitted or about to start, with the room that must be left for them."""
    fixed: dict[str, int] = {}
    for charger in context.ledger.chargers.values():
        counted = 0 if is_lowerable(charger, context.now_ms) else context.counted_ma(charger)
        reserved = charger.waiting.start_ma if charger.waiting is not None else 0
        if counted or reserved:
            fixed[charger.id] = max(counted, reserved)
    return fixed


def watch(context: KernelContext) -> None:
    """Call people where a cap can't be guaranteed, or a promise is broken as far as the ledger knows."""
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


def _spec(node: Node) -> NodeSpec:
    return NodeSpec(id=node.id, parent=node.parent, kind=node.kind, limit_ma=node.limit_ma, limit_w=node.limit_w)
