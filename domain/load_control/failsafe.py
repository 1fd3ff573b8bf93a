"""The fail-safe limits: what every charger falls back to when cut off, together never above the firm power."""

from __future__ import annotations

from domain.load_control.caps import with_root_limit
from domain.load_control.context import KernelContext
from domain.load_control.headroom import Headroom
from domain.load_control.ledger import Charger
from domain.records.load import FailsafeDesired


def follow_plan(context: KernelContext) -> None:
    """Lower limits at once, repeat what is not installed, then raise where the sum stays below the firm power.

    A limit that may still be installed, or was asked for, counts until a lower one is accepted.
    """
    raising: list[Charger] = []
    for charger in list(context.ledger.chargers.values()):
        if not charger.connected:
            continue
        wanted = wanted_ma(context, charger)
        if wanted > charger.failsafe.desired_ma:
            raising.append(charger)
        elif wanted < charger.failsafe.desired_ma or charger.failsafe.ask.is_due(context.now_ms):
            _desire(context, charger, wanted)
    if raising:
        _raise(context, raising)


def wanted_ma(context: KernelContext, charger: Charger) -> int:
    """The planned share; while the lease is lower, no more than that, so that a paused car's share can serve others.

    It is given back when the lease reaches the share again, or with the transaction's end.
    """
    planned_ma = context.ledger.failsafe_plan.get(charger.id, 0)
    lease = charger.lease
    if not charger.transactions:
        # Capacity is reserved for a permitted start at the fail-safe limit as it was then.
        is_reserved = charger.permit is not None and charger.permit.is_reserved(context.now_ms)
        return min(planned_ma, charger.failsafe.desired_ma) if is_reserved else planned_ma
    if lease is None:
        return min(planned_ma, charger.failsafe.desired_ma)
    if lease.limit_ma >= planned_ma:
        return planned_ma
    if charger.possible_ma(context.now_ms) > lease.limit_ma:
        # Until the lease is confirmed the fail-safe limit may hold the car: its fall would have to be confirmed too.
        return min(planned_ma, charger.failsafe.desired_ma)
    return min(planned_ma, lease.limit_ma, charger.failsafe.desired_ma)


def _raise(context: KernelContext, raising: list[Charger]) -> None:
    ledger = context.ledger
    firm = with_root_limit(ledger.nodes, ledger.firm_w)
    left = Headroom(firm, [(charger.outlet, _worst_ma(charger)) for charger in ledger.chargers.values()])
    for charger in raising:
        before_ma, wanted = _worst_ma(charger), wanted_ma(context, charger)
        if wanted <= max(before_ma, left.most_ma(charger.outlet, before_ma)):
            left.change(charger.outlet, before_ma, max(before_ma, wanted))
            _desire(context, charger, wanted)
        elif charger.failsafe.ask.is_due(context.now_ms):
            _desire(context, charger, charger.failsafe.desired_ma)


def _worst_ma(charger: Charger) -> int:
    return max(charger.failsafe.installed_ma or 0, charger.failsafe.desired_ma)


def _desire(context: KernelContext, charger: Charger, limit_ma: int) -> None:
    context.add(FailsafeDesired(charger_id=charger.id, limit_ma=limit_ma, generation=charger.generation + 1))
