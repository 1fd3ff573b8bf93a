"""Caps on a site's power: promised with the time from which they hold, prepared before it."""

from __future__ import annotations

from dataclasses import replace

from domain.electrical.grid import Node, Outlet
from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.load_control.counting import counted_ma, is_lowerable
from domain.load_control.headroom import Headroom
from domain.load_control.ledger import Ledger
from domain.load_control.parameters import MAX_CAPS, MAX_LIMIT_W, PROMISE_MS
from domain.records.load import GridLimitSet, SetGridLimit

RULE = "load_control.cap.v1"


def limits(ledger: Ledger, now_ms: int) -> dict[str, Node]:
    """The nodes with the limits that count now: the lowest of the caps in force or being prepared bounds the root."""
    lowest_w = min((cap.limit_w for cap in ledger.caps if cap.counts(now_ms)), default=None)
    return ledger.nodes if lowest_w is None else with_root_limit(ledger.nodes, lowest_w)


def room(context: KernelContext) -> Headroom:
    """What is left below the limits that count now, with every charger at its worst."""
    return Headroom(limits(context.ledger, context.now_ms), context.loads())


def with_root_limit(nodes: dict[str, Node], limit_w: int) -> dict[str, Node]:
    """The same tree, with at most `limit_w` in total."""
    return {node.id: node if node.parent is not None else _at_most(node, limit_w) for node in nodes.values()}


def _at_most(node: Node, limit_w: int) -> Node:
    return replace(node, limit_w=limit_w if node.limit_w is None else min(node.limit_w, limit_w))


def set_grid_limit(context: KernelContext, command: SetGridLimit) -> None:
    """Accept a cap, with the time from which it holds and whether that can be guaranteed.

    Raises `DomainError` for a cap that makes no sense, with the field.
    """
    now_ms = context.now_ms
    starts_ms = now_ms if command.starts_ms is None else command.starts_ms
    holds_from_ms = max(starts_ms, now_ms + PROMISE_MS)
    _check(context.ledger, command, starts_ms, holds_from_ms, now_ms)
    fixed_w = _fixed_w(context, holds_from_ms)
    firm_w = context.ledger.firm_w
    guaranteed = command.limit_w >= firm_w and _fixed_fits(context, command.limit_w, holds_from_ms)
    context.add(
        GridLimitSet(
            cap_id=command.cap_id,
            limit_w=command.limit_w,
            starts_ms=starts_ms,
            ends_ms=command.ends_ms,
            holds_from_ms=holds_from_ms,
            guaranteed=guaranteed,
            reason_code=command.reason_code,
            facts={"firm_w": firm_w, "fixed_w": fixed_w, "asked_ms": now_ms},
            rule=RULE,
            reason=_reason(command.limit_w, firm_w, guaranteed),
        )
    )


def _check(ledger: Ledger, command: SetGridLimit, starts_ms: int, holds_from_ms: int, now_ms: int) -> None:
    if not 0 <= command.limit_w <= MAX_LIMIT_W:
        raise DomainError(f"must lie in 0 W to {MAX_LIMIT_W} W", field="limit_w", rule=RULE)
    if not command.cap_id:
        raise DomainError("must not be empty", field="cap_id", rule=RULE)
    if command.ends_ms is not None:
        if command.ends_ms <= starts_ms:
            raise DomainError("must lie after the start", field="ends_ms", rule=RULE)
        if command.ends_ms <= now_ms:
            raise DomainError("lies in the past", field="ends_ms", rule=RULE)
        if command.ends_ms <= holds_from_ms:
            reason = f"the cap would be over before it can hold, {PROMISE_MS // 1000} s from now"
            raise DomainError(reason, field="ends_ms", rule=RULE)
    others = [cap for cap in ledger.caps if cap.id != command.cap_id and not cap.is_over(now_ms)]
    if len(others) >= MAX_CAPS:
        raise DomainError(f"a site has at most {MAX_CAPS} caps", field="cap_id", rule=RULE)


def _fixed_w(context: KernelContext, at_ms: int) -> int:
    """What the chargers that can't be lowered may draw then."""
    return sum(outlet.power_w(ma) for outlet, ma in _fixed_loads(context, at_ms))


def _fixed_fits(context: KernelContext, limit_w: int, at_ms: int) -> bool:
    nodes = with_root_limit(context.ledger.nodes, limit_w)
    return not Headroom(nodes, _fixed_loads(context, at_ms)).exceeded()


def _fixed_loads(context: KernelContext, at_ms: int) -> list[tuple[Outlet, int]]:
    return [
        (charger.outlet, counted_ma(charger, context.meter(charger), at_ms))
        for charger in context.ledger.chargers.values()
        if not is_lowerable(charger, context.now_ms)
    ]


def _reason(limit_w: int, firm_w: int, guaranteed: bool) -> str:
    if guaranteed:
        return f"{limit_w} W can be kept whatever chargers do, even cut off"
    if limit_w < firm_w:
        return f"{limit_w} W is below the firm {firm_w} W that cut-off chargers are held to: kept as well as possible"
    return f"{limit_w} W is less than chargers that can't be lowered may draw: kept as well as possible"
