"""Cuts by the kernel itself, where targets don't follow a lower limit: fair, and in time for the promise."""

from __future__ import annotations

from domain.electrical.allocation import Claim, allocate
from domain.load_control.caps import limits, room
from domain.load_control.context import KernelContext
from domain.load_control.counting import counted_ma, eventual_ma, is_lowerable
from domain.load_control.headroom import Headroom
from domain.load_control.ledger import Charger
from domain.load_control.make_before_break import desire
from domain.load_control.parameters import ESCALATE_MS, LAST_RESORT_MS, PATIENCE_MS, PLANNER_GRACE_MS
from domain.load_control.remote_stop import request_stop
from domain.records.load import Overcommitted, Recovered

CUT_RULE = "load_control.cut.v1"
SHED_RULE = "load_control.shed.v1"


def record_overload(context: KernelContext) -> None:
    """Record since when the ledger exceeds a limit."""
    exceeded = room(context).exceeded()
    if exceeded and context.ledger.over_since_ms is None:
        context.add(Overcommitted(nodes=exceeded))
    elif not exceeded and context.ledger.over_since_ms is not None:
        context.add(Recovered())


def cut(context: KernelContext) -> None:
    """Lower by an equal share what exceeds the limits after the planner's grace, or keeps a start waiting.

    A decrease that should be confirmed soon counts as done; then others are cut in its place. Last, transactions that
    nobody can lower are asked to stop.
    """
    over_ms = over_for_ms(context)
    if over_ms >= PLANNER_GRACE_MS or _start_waits_too_long(context):
        _share(context)
    if over_ms >= ESCALATE_MS:
        _shed(context)


def over_for_ms(context: KernelContext) -> int:
    """How long the ledger has exceeded a limit; -1: it does not."""
    since_ms = context.ledger.over_since_ms
    return -1 if since_ms is None else context.now_ms - since_ms


def _start_waits_too_long(context: KernelContext) -> bool:
    return any(
        charger.pending_start is not None and context.now_ms >= charger.pending_start.since_ms + PLANNER_GRACE_MS
        for charger in context.ledger.chargers.values()
    )


def _share(context: KernelContext) -> None:
    nodes = limits(context.ledger, context.now_ms)
    loads = {charger.id: (charger.outlet, _expected_ma(context, charger)) for charger in _chargers(context)}
    if not Headroom(nodes, loads.values()).exceeded():
        return
    leases = {charger.id: charger.lease for charger in _chargers(context) if _is_cuttable(context, charger)}
    claims = [
        Claim(charger_id, loads[charger_id][0], loads[charger_id][0].min_ma, lease.limit_ma)
        for charger_id, lease in leases.items()
        if lease is not None
    ]
    fixed = {charger_id: load for charger_id, load in loads.items() if charger_id not in leases}
    granted = allocate(nodes, claims, fixed)
    for claim in claims:
        if granted[claim.id] < claim.max_ma:
            reason = "the limits in force are exceeded and no target answered it: an equal share"
            desire(context, context.ledger.chargers[claim.id], granted[claim.id], CUT_RULE, reason)


def _chargers(context: KernelContext) -> list[Charger]:
    """Those with targets first, in their order: it decides who keeps the minimum where not everybody can."""
    ledger = context.ledger
    first = [ledger.chargers[charger_id] for charger_id in ledger.targets if charger_id in ledger.chargers]
    return first + [charger for charger in ledger.chargers.values() if charger.id not in ledger.targets]


def _expected_ma(context: KernelContext, charger: Charger) -> int:
    """The counted load that is expected soon (mA), with the room for a start that waits there."""
    count = eventual_ma if _will_be_confirmed(context, charger) else counted_ma
    expected = count(charger, context.meter(charger), context.now_ms)
    return max(expected, charger.pending_start.start_ma) if charger.pending_start is not None else expected


def _will_be_confirmed(context: KernelContext, charger: Charger) -> bool:
    """Whether a decrease under way is recent enough to be expected to be confirmed."""
    if charger.lease is None or charger.lease.lowered_ms is None or over_for_ms(context) >= LAST_RESORT_MS:
        return False
    return context.now_ms < charger.lease.lowered_ms + PATIENCE_MS


def _is_cuttable(context: KernelContext, charger: Charger) -> bool:
    if charger.lease is None or charger.lease.limit_ma == 0 or not is_lowerable(charger, context.now_ms):
        return False
    return _will_be_confirmed(context, charger) or context.counted_ma(charger) <= charger.lease.limit_ma


def _shed(context: KernelContext) -> None:
    """Ask the transactions of unverified chargers to stop, once each, where everything else was lowered in vain."""
    loads = [
        (charger.outlet, eventual_ma(charger, context.meter(charger), context.now_ms)) for charger in _chargers(context)
    ]
    if not Headroom(limits(context.ledger, context.now_ms), loads).exceeded():
        return
    for charger in _chargers(context):
        transaction = charger.transaction
        if transaction is None or not charger.connected or is_lowerable(charger, context.now_ms):
            continue
        if ("shed", charger.id) in context.ledger.alarms:
            continue
        context.alarm(
            "shed", charger.id, "it can't be lowered and the limits are exceeded: its transaction is asked to stop"
        )
        for running in charger.transactions:
            request_stop(context, charger, running, SHED_RULE)
