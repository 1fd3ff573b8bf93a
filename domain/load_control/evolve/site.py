"""The ledger after events of the site: its tree and chargers, caps, targets, capacity and alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.electrical.grid import Outlet
from domain.electrical.tree import nodes_of
from domain.load_control.failsafe_plan import failsafe_limits
from domain.load_control.ledger import Cap, Charger, Ledger, with_charger
from domain.records import Payload, load


def _tree_set(ledger: Ledger, event: load.TreeSet, _: int) -> Ledger:
    return _planned(replace(ledger, site_id=event.site_id, firm_w=event.firm_w, nodes=nodes_of(event.nodes)))


def _charger_added(ledger: Ledger, event: load.ChargerAdded, _: int) -> Ledger:
    outlet = Outlet(event.charger_id, event.node, event.phases, event.max_ma, event.min_ma, event.voltage_mv)
    known = ledger.chargers.get(event.charger_id)
    return _planned(with_charger(ledger, Charger(outlet) if known is None else replace(known, outlet=outlet)))


def _planned(ledger: Ledger) -> Ledger:
    outlets = [charger.outlet for charger in ledger.chargers.values()]
    return replace(ledger, failsafe_plan=failsafe_limits(ledger.nodes, outlets, ledger.firm_w))


def _grid_limit_set(ledger: Ledger, event: load.GridLimitSet, time_ms: int) -> Ledger:
    cap = Cap(event.cap_id, event.limit_w, event.starts_ms, event.ends_ms, event.holds_from_ms, event.guaranteed)
    others = tuple(one for one in ledger.caps if one.id != event.cap_id and not one.is_over(time_ms))
    return replace(ledger, caps=(*others, cap))


def _targets_known(ledger: Ledger, event: load.TargetsKnown, _: int) -> Ledger:
    newest = {target.charger_id: target.target_ma for target in event.targets if target.charger_id in ledger.chargers}
    older = {charger: ma for charger, ma in ledger.targets.items() if charger not in newest}
    return replace(ledger, targets=newest | older, targets_until_ms=event.valid_until_ms)


def _capacity_changed(ledger: Ledger, event: load.CapacityChanged, _: int) -> Ledger:
    return replace(ledger, published_limits=nodes_of(event.limits), published_fixed=dict(event.fixed))


def _overcommitted(ledger: Ledger, _: load.Overcommitted, time_ms: int) -> Ledger:
    return replace(ledger, over_since_ms=time_ms)


def _recovered(ledger: Ledger, _: load.Recovered, __: int) -> Ledger:
    return replace(ledger, over_since_ms=None)


def _alarm_raised(ledger: Ledger, event: load.AlarmRaised, _: int) -> Ledger:
    return replace(ledger, alarms=(*ledger.alarms, (event.code, event.charger_id)))


def _alarm_cleared(ledger: Ledger, event: load.AlarmCleared, _: int) -> Ledger:
    return replace(ledger, alarms=tuple(one for one in ledger.alarms if one != (event.code, event.charger_id)))


OF_SITE: dict[type[Payload], Callable[[Ledger, Any, int], Ledger]] = {
    load.TreeSet: _tree_set,
    load.ChargerAdded: _charger_added,
    load.GridLimitSet: _grid_limit_set,
    load.TargetsKnown: _targets_known,
    load.CapacityChanged: _capacity_changed,
    load.Overcommitted: _overcommitted,
    load.Recovered: _recovered,
    load.AlarmRaised: _alarm_raised,
    load.AlarmCleared: _alarm_cleared,
}
