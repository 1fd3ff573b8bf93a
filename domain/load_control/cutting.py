"""When targets don't follow a lower limit, the kernel cuts by itself: fairly, in time for the promise."""

from __future__ import annotations

from domain.electrical.allocation import Claim, allocate
from domain.load_control.caps import limits, room
from domain.load_control.context import Deciding
from domain.load_control.counting import counted_ma, eventual_ma, is_lowerable
from domain.load_control.headroom import Headroom
from domain.load_control.ledger import Charger
from domain.load_control.make_before_break import desire
from domain.load_control.parameters import ESCALATE_MS, LAST_RESORT_MS, PATIENCE_MS, PLANNER_GRACE_MS, PROMISE_MS
from domain.records import derived_id
from domain.records.load import CommandRequested, Overcommitted, Recovered

CUT_RULE = "load_control.cut.v1"
SHED_RULE = "load_control.shed.v1"


def watch(deciding: Deciding) -> None:
    """Note since when the ledger exceeds a limit."""
    exceeded = room(deciding).exceeded()
    if exceeded and deciding.ledger.over_since_ms is None:
        deciding.add(Overcommitted(nodes=exceeded))
    elif not exceeded and deciding.ledger.over_since_ms is not None:
        deciding.add(Recovered())


def cut(deciding: Deciding) -> None:
    """Lower by an equal share what exceeds the limits after the planner's grace, or keeps a start waiting.

    A decrease that should be confirmed soon counts as done; then others are cut in its place. Last, transactions that
    nobody can lower are asked to stop.
    """
    over_ms = over_for_ms(deciding)
    if over_ms >= PLANNER_GRACE_MS or _start_waits_too_long(deciding):
        _share(deciding)
    if over_ms >= ESCALATE_MS:
        _shed(deciding)


def over_for_ms(deciding: Deciding) -> int:
    """How long the ledger has exceeded a limit; -1: it does not."""
    since_ms = deciding.ledger.over_since_ms
    return -1 if since_ms is None else deciding.now_ms - since_ms


def _start_waits_too_long(deciding: Deciding) -> bool:
    return any(
        charger.waiting is not None and deciding.now_ms >= charger.waiting.since_ms + PLANNER_GRACE_MS
        for charger in deciding.ledger.chargers.values()
    )


def _share(deciding: Deciding) -> None:
    nodes = limits(deciding.ledger, deciding.now_ms)
    loads = {charger.id: (charger.outlet, _expected_ma(deciding, charger)) for charger in _chargers(deciding)}
    if not Headroom(nodes, loads.values()).exceeded():
        return
    leases = {charger.id: charger.lease for charger in _chargers(deciding) if _is_cuttable(deciding, charger)}
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
            desire(deciding, deciding.ledger.chargers[claim.id], granted[claim.id], CUT_RULE, reason)


def _chargers(deciding: Deciding) -> list[Charger]:
    """Those with targets first, in their order: it decides who keeps the minimum where not everybody can."""
    ledger = deciding.ledger
    first = [ledger.chargers[charger_id] for charger_id in ledger.targets if charger_id in ledger.chargers]
    return first + [charger for charger in ledger.chargers.values() if charger.id not in ledger.targets]


def _expected_ma(deciding: Deciding, charger: Charger) -> int:
    """What it will count at soon, with the room for a start that waits there."""
    count = eventual_ma if _will_be_confirmed(deciding, charger) else counted_ma
    expected = count(charger, deciding.meter(charger), deciding.now_ms)
    return max(expected, charger.waiting.start_ma) if charger.waiting is not None else expected


def _will_be_confirmed(deciding: Deciding, charger: Charger) -> bool:
    """Whether a decrease under way is young enough to be believed in."""
    if charger.lease is None or charger.lease.lowered_ms is None or over_for_ms(deciding) >= LAST_RESORT_MS:
        return False
    return deciding.now_ms < charger.lease.lowered_ms + PATIENCE_MS


def _is_cuttable(deciding: Deciding, charger: Charger) -> bool:
    if charger.lease is None or charger.lease.limit_ma == 0 or not is_lowerable(charger, deciding.now_ms):
        return False
    return _will_be_confirmed(deciding, charger) or deciding.counted_ma(charger) <= charger.lease.limit_ma


def _shed(deciding: Deciding) -> None:
    """Ask the transactions of unproven chargers to stop, once each, where everything else has been lowered in vain."""
    loads = [
        (charger.outlet, eventual_ma(charger, deciding.meter(charger), deciding.now_ms))
        for charger in _chargers(deciding)
    ]
    if not Headroom(limits(deciding.ledger, deciding.now_ms), loads).exceeded():
        return
    for charger in _chargers(deciding):
        transaction = charger.transaction
        if transaction is None or not charger.connected or is_lowerable(charger, deciding.now_ms):
            continue
        if ("shed", charger.id) in deciding.ledger.alarms:
            continue
        deciding.alarm(
            "shed", charger.id, "it can't be lowered and the limits are exceeded: its transaction is asked to stop"
        )
        deciding.add(
            CommandRequested(
                command_id=derived_id(charger.id, SHED_RULE, transaction.id),
                charger_id=charger.id,
                action="remote_stop",
                arguments={"transaction_id": str(transaction.id)},
                expires_ms=deciding.now_ms + PROMISE_MS,
            )
        )
