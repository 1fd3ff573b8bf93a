"""The ledger after each of the kernel's own events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.electrical.grid import Node, Outlet
from domain.load_control.failsafe import failsafe_limits
from domain.load_control.ledger import (
    Ask,
    Cap,
    Charger,
    Commissioning,
    Floor,
    Lease,
    Ledger,
    Permit,
    Start,
    Transaction,
    Waiting,
)
from domain.load_control.parameters import (
    LAPSE_MARGIN_MS,
    LEASE_MS,
    POSSIBLE_LIMITS,
    REMEMBERED_ENDS,
    REMEMBERED_STARTS,
)
from domain.records import Payload, load
from domain.records.registry import NodeSpec


def evolve(ledger: Ledger, event: Payload, time_ms: int) -> Ledger:
    """What follows for the ledger; events that tell others something leave it as it is."""
    of_site = SITE.get(type(event))
    if of_site is not None:
        return of_site(ledger, event, time_ms)
    of_charger = CHARGER.get(type(event))
    if of_charger is not None:
        charger_id: str = event.charger_id  # type: ignore[attr-defined]
        return with_charger(ledger, of_charger(ledger.chargers[charger_id], event, time_ms))
    return ledger


def with_charger(ledger: Ledger, charger: Charger) -> Ledger:
    return replace(ledger, chargers=ledger.chargers | {charger.id: charger})


def nodes_of(specs: tuple[NodeSpec, ...]) -> dict[str, Node]:
    return {spec.id: Node(spec.id, spec.parent, spec.kind, spec.limit_ma, spec.limit_w) for spec in specs}


# The site


def _tree_set(ledger: Ledger, event: load.TreeSet, _: int) -> Ledger:
    return _planned(replace(ledger, site_id=event.site_id, firm_w=event.firm_w, nodes=nodes_of(event.nodes)))


def _charger_added(ledger: Ledger, event: load.ChargerAdded, _: int) -> Ledger:
    outlet = Outlet(event.charger_id, event.node, event.phases, event.max_ma, event.min_ma, event.voltage_mv)
    known = ledger.chargers.get(event.charger_id)
    return _planned(with_charger(ledger, Charger(outlet) if known is None else replace(known, outlet=outlet)))


def _planned(ledger: Ledger) -> Ledger:
    outlets = [charger.outlet for charger in ledger.chargers.values()]
    return replace(ledger, floor_plan=failsafe_limits(ledger.nodes, outlets, ledger.firm_w))


def _grid_limit_set(ledger: Ledger, event: load.GridLimitSet, time_ms: int) -> Ledger:
    cap = Cap(event.cap_id, event.limit_w, event.starts_ms, event.ends_ms, event.holds_from_ms, event.guaranteed)
    kept = tuple(one for one in ledger.caps if one.id != event.cap_id and not one.is_over(time_ms))
    return replace(ledger, caps=(*kept, cap))


def _targets_known(ledger: Ledger, event: load.TargetsKnown, _: int) -> Ledger:
    newest = {target.charger_id: target.target_ma for target in event.targets if target.charger_id in ledger.chargers}
    older = {charger: ma for charger, ma in ledger.targets.items() if charger not in newest}
    return replace(ledger, targets=newest | older, targets_until_ms=event.valid_until_ms)


def _capacity_changed(ledger: Ledger, event: load.CapacityChanged, _: int) -> Ledger:
    return replace(ledger, told_limits=nodes_of(event.limits), told_fixed=dict(event.fixed))


def _overcommitted(ledger: Ledger, _: load.Overcommitted, time_ms: int) -> Ledger:
    return replace(ledger, over_since_ms=time_ms)


def _recovered(ledger: Ledger, _: load.Recovered, __: int) -> Ledger:
    return replace(ledger, over_since_ms=None)


def _alarm_raised(ledger: Ledger, event: load.AlarmRaised, _: int) -> Ledger:
    return replace(ledger, alarms=(*ledger.alarms, (event.code, event.charger_id)))


def _alarm_cleared(ledger: Ledger, event: load.AlarmCleared, _: int) -> Ledger:
    return replace(ledger, alarms=tuple(one for one in ledger.alarms if one != (event.code, event.charger_id)))


def _limits_renewed(ledger: Ledger, event: load.LimitsRenewed, time_ms: int) -> Ledger:
    chargers = dict(ledger.chargers)
    for limit in event.limits:
        charger = chargers[limit.charger_id]
        chargers[limit.charger_id] = _with_lease(
            charger, limit.transaction_id, limit.limit_ma, limit.generation, event.valid_until_ms, time_ms, None
        )
    return replace(ledger, chargers=chargers)


# Connections


def _connected(charger: Charger, event: load.ChargerConnected, time_ms: int) -> Charger:
    reconnected_ms = time_ms if charger.was_ever_connected() else None
    return replace(
        _to_be_told_again(charger, time_ms),
        connected=True,
        connection_id=event.connection_id,
        gateway_id=event.gateway_id,
        epoch=event.epoch,
        reconnected_ms=reconnected_ms,
    )


def _disconnected(charger: Charger, _: load.ChargerDisconnected, __: int) -> Charger:
    return replace(charger, connected=False)


def _booted(charger: Charger, event: load.ChargerBooted, time_ms: int) -> Charger:
    charger = replace(_to_be_told_again(charger, time_ms), firmware=firmware_of(event), can_trigger=True)
    doubted_ms = time_ms if charger.floor.doubted_ms is None else charger.floor.doubted_ms
    return replace(charger, floor=replace(charger.floor, doubted_ms=doubted_ms))


def firmware_of(event: load.ChargerBooted) -> str:
    """What must be the same for a proof to stand: another device of the same name has proven nothing."""
    return "/".join((event.vendor, event.model, event.firmware))


def _to_be_told_again(charger: Charger, time_ms: int) -> Charger:
    floor = replace(charger.floor, ask=replace(charger.floor.ask, repeat=True, failures=0))
    lease = charger.lease and replace(charger.lease, ask=replace(charger.lease.ask, repeat=True, failures=0))
    return _on_floor(replace(charger, floor=floor, lease=lease), time_ms)


def _on_floor(charger: Charger, time_ms: int) -> Charger:
    """In a transaction it may draw by its floor now: that it keeps a lower lease instead must be confirmed."""
    installed_ma = charger.floor.installed_ma
    if not charger.transactions or installed_ma is None:
        return charger
    return replace(charger, possible=_with_possible(charger, installed_ma, time_ms + LEASE_MS, time_ms))


def _status_changed(charger: Charger, event: load.ChargerStatusChanged, _: int) -> Charger:
    statuses = charger.statuses | {str(event.connector_id): (event.status, event.error_code)}
    return replace(charger, statuses=statuses)


# Transactions


def _permitted(charger: Charger, event: load.TransactionPermitted, time_ms: int) -> Charger:
    if charger.transactions:
        return charger  # to stop needs no room
    before = charger.permit if charger.permit is not None and charger.permit.is_kept(time_ms) else None
    starts = before.starts + 1 if before is not None else 1
    return replace(charger, permit=Permit(event.start_ma, event.expires_ms, starts), waiting=None)


def _waits(charger: Charger, event: load.StartWaits, time_ms: int) -> Charger:
    return replace(charger, waiting=Waiting(event.request_id, event.start_ma, time_ms, event.until_ms))


def _refused(charger: Charger, event: load.TransactionRefused, _: int) -> Charger:
    if charger.waiting is None or charger.waiting.request_id != event.request_id:
        return charger
    return replace(charger, waiting=None)


def _started(charger: Charger, event: load.TransactionStarted, time_ms: int) -> Charger:
    if event.duplicate_of is not None:
        return charger
    transaction = Transaction(
        id=event.transaction_id,
        connector_id=event.connector_id,
        vehicle_id=event.vehicle_id,
        meter_start_wh=event.meter_start_wh,
        started_ms=time_ms,
        permitted=event.permitted,
        commissioning=event.commissioning,
    )
    start = Start(
        connector_id=event.connector_id,
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
        waiting=None,
    )
    return _on_floor(charger, time_ms)


def _used(permit: Permit | None) -> Permit | None:
    return replace(permit, starts=permit.starts - 1) if permit is not None and permit.starts > 1 else None


def _stopped(ledger: Ledger, event: load.TransactionStopped, _: int) -> Ledger:
    charger = ledger.chargers[event.charger_id]
    charger = replace(
        charger,
        transactions=tuple(one for one in charger.transactions if one.id != event.transaction_id),
        ended=(*charger.ended, event.transaction_id)[-REMEMBERED_ENDS:],
        disobedient=False,
    )
    targets = {other: ma for other, ma in ledger.targets.items() if other != event.charger_id}
    return replace(with_charger(ledger, charger), targets=targets)


# Limits


def _failsafe_desired(charger: Charger, event: load.FailsafeDesired, time_ms: int) -> Charger:
    installed_ma = charger.floor.installed_ma
    floor = replace(
        charger.floor,
        desired_ma=event.limit_ma,
        installed_ma=None if installed_ma is None else max(installed_ma, event.limit_ma),
        ask=_asked(charger.floor.ask, event.generation, time_ms),
    )
    return replace(charger, floor=floor, generation=event.generation)


def _limit_desired(charger: Charger, event: load.LimitDesired, time_ms: int) -> Charger:
    return _with_lease(
        charger,
        event.transaction_id,
        event.limit_ma,
        event.generation,
        event.valid_until_ms,
        time_ms,
        event.rule,
    )


def _with_lease(
    charger: Charger,
    transaction_id: int,
    limit_ma: int,
    generation: int,
    valid_until_ms: int,
    time_ms: int,
    rule: str | None,
) -> Charger:
    before = charger.lease
    same = before is not None and before.limit_ma == limit_ma
    lowered = limit_ma < (before.limit_ma if before is not None else charger.possible_ma(time_ms))
    lease = Lease(
        transaction_id=transaction_id,
        limit_ma=limit_ma,
        valid_until_ms=valid_until_ms,
        since_ms=before.since_ms if before and same else time_ms,
        lowered_ms=before.lowered_ms if before and same else (time_ms if lowered else None),
        rule=before.rule if before and same else rule or "",
        ask=_asked(before.ask if before else Ask(), generation, time_ms),
    )
    return replace(
        charger,
        lease=lease,
        generation=generation,
        possible=_with_possible(charger, limit_ma, valid_until_ms, time_ms),
        probed_ms=time_ms if rule == PROBE_RULE else charger.probed_ms,
    )


def _asked(before: Ask, generation: int, time_ms: int) -> Ask:
    return Ask(generation=generation, asked_ms=time_ms, failures=before.failures)


def _with_possible(charger: Charger, limit_ma: int, until_ms: int, time_ms: int) -> tuple[tuple[int, int], ...]:
    """The leases that may be in force, with a new one: what it outlasts at no lower limit is covered by it."""
    kept = [
        (other_ma, other_until_ms)
        for other_ma, other_until_ms in charger.possible
        if other_until_ms + LAPSE_MARGIN_MS > time_ms and (other_ma > limit_ma or other_until_ms > until_ms)
    ]
    kept = sorted([*kept, (limit_ma, until_ms)], reverse=True)
    while len(kept) > POSSIBLE_LIMITS:
        (higher_ma, one_ms), (_, other_ms), *rest = kept
        kept = [(higher_ma, max(one_ms, other_ms)), *rest]
    return tuple(kept)


def _lease_ended(charger: Charger, event: load.LeaseEnded, _: int) -> Charger:
    return replace(charger, lease=None, possible=(), generation=event.generation)


def _answered(charger: Charger, event: load.ProfileAnswered, time_ms: int) -> Charger:
    if event.purpose == "failsafe" and event.generation == charger.floor.ask.generation:
        return replace(charger, floor=_floor_answered(charger.floor, event.status, time_ms))
    if charger.lease is not None and event.purpose == "lease" and event.generation == charger.lease.ask.generation:
        lease = replace(charger.lease, ask=_ask_answered(charger.lease.ask, event.status, time_ms))
        return replace(charger, lease=lease)
    return charger


def _floor_answered(floor: Floor, status: str, time_ms: int) -> Floor:
    ask = _ask_answered(floor.ask, status, time_ms)
    if status == "accepted":
        return Floor(desired_ma=floor.desired_ma, installed_ma=floor.desired_ma, ask=ask)
    if status in ("rejected", "not_supported"):
        return replace(floor, installed_ma=None, ask=ask)
    return replace(floor, ask=ask)


def _ask_answered(ask: Ask, status: str, time_ms: int) -> Ask:
    if status == "accepted":
        return replace(ask, accepted_ms=time_ms, failed_ms=None, failures=0)
    return replace(ask, accepted_ms=None, failed_ms=time_ms, failures=ask.failures + 1)


def _confirmed(charger: Charger, event: load.LimitConfirmed, _: int) -> Charger:
    assert charger.lease is not None
    return replace(charger, possible=((event.limit_ma, charger.lease.valid_until_ms),))


# Obedience


def _proven(charger: Charger, _: load.ObedienceProven, __: int) -> Charger:
    return replace(charger, proven=True, disobedient=False)


def _voided(charger: Charger, event: load.ObedienceVoided, _: int) -> Charger:
    return replace(charger, proven=False, disobedient=event.reason == DISOBEYED)


def _commissioning_opened(charger: Charger, event: load.CommissioningOpened, _: int) -> Charger:
    return replace(charger, commissioning=Commissioning(event.test_load_ma, event.expires_ms))


def _command_requested(charger: Charger, event: load.CommandRequested, time_ms: int) -> Charger:
    if event.action != "trigger":
        return charger
    return replace(charger, trigger_id=event.command_id, triggered_ms=time_ms)


def _command_answered(charger: Charger, event: load.CommandAnswered, _: int) -> Charger:
    if event.command_id != charger.trigger_id or event.status != "not_supported":
        return charger
    return replace(charger, can_trigger=False)


PROBE_RULE = "load_control.probe.v1"
DISOBEYED = "it draws more than it accepted"

SITE: dict[type[Payload], Callable[[Ledger, Any, int], Ledger]] = {
    load.TreeSet: _tree_set,
    load.ChargerAdded: _charger_added,
    load.GridLimitSet: _grid_limit_set,
    load.TargetsKnown: _targets_known,
    load.CapacityChanged: _capacity_changed,
    load.Overcommitted: _overcommitted,
    load.Recovered: _recovered,
    load.AlarmRaised: _alarm_raised,
    load.AlarmCleared: _alarm_cleared,
    load.LimitsRenewed: _limits_renewed,
    load.TransactionStopped: _stopped,
}
CHARGER: dict[type[Payload], Callable[[Charger, Any, int], Charger]] = {
    load.ChargerConnected: _connected,
    load.ChargerDisconnected: _disconnected,
    load.ChargerBooted: _booted,
    load.ChargerStatusChanged: _status_changed,
    load.TransactionPermitted: _permitted,
    load.StartWaits: _waits,
    load.TransactionRefused: _refused,
    load.TransactionStarted: _started,
    load.FailsafeDesired: _failsafe_desired,
    load.LimitDesired: _limit_desired,
    load.LeaseEnded: _lease_ended,
    load.ProfileAnswered: _answered,
    load.LimitConfirmed: _confirmed,
    load.ObedienceProven: _proven,
    load.ObedienceVoided: _voided,
    load.CommissioningOpened: _commissioning_opened,
    load.CommandRequested: _command_requested,
    load.CommandAnswered: _command_answered,
}
