"""Decisions proved one by one: the rule that a recorded decision names is called again with the inputs it recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.electrical.grid import Outlet
from domain.electrical.tree import nodes_of
from domain.records import Decision
from domain.records.sites import ScheduleChanged, SessionOffered
from domain.records.vehicles import PriorityDenied, PriorityExpired, PriorityGranted
from domain.site import offers, targets
from domain.site.queue import rank
from domain.site.scheduling import schedule
from domain.vehicle import mission, urgent_review

Outlets = Mapping[str, Outlet]


def holds(decision: Decision, outlets: Outlets) -> bool | None:
    """Whether the rule gives the recorded outcome again; None where the rule can't be called from the event alone.

    `outlets` are the site's chargers, as its events described them.
    """
    again = RULES.get(decision.rule)
    return None if again is None else again(decision, outlets)


def _schedule_holds(decision: ScheduleChanged, outlets: Outlets) -> bool:
    found = schedule(
        nodes_of(decision.limits),
        [targets.plugged_car(claimant, outlets) for claimant in decision.claimants],
        {charger: (outlets[charger], current_ma) for charger, current_ma in decision.fixed if charger in outlets},
        reserve_w=decision.priority_reserve_w,
    )
    return all(found.get(target.charger_id, 0) == target.target_ma for target in decision.targets)


def _offer_holds(decision: SessionOffered, _: Outlets) -> bool:
    first = rank(map(offers.entry_of, decision.facts))[0]
    return first.id == decision.session_id


def _mission_holds(decision: PriorityGranted | PriorityDenied | PriorityExpired, _: Outlets) -> bool | None:
    """A grant has every proof, a denial says which was missing; when a grant ends is a matter of time."""
    if isinstance(decision, PriorityExpired):
        return None
    lacking = mission.missing(decision.evidence)
    return lacking is None if isinstance(decision, PriorityGranted) else lacking == decision.reason


def _low_charge_holds(decision: PriorityGranted | PriorityDenied | PriorityExpired, _: Outlets) -> bool | None:
    if not isinstance(decision, PriorityGranted):
        return None
    return urgent_review.missing(decision.evidence) is None


RULES: dict[str, Callable[[Any, Outlets], bool | None]] = {
    targets.RULE: _schedule_holds,
    offers.RULE: _offer_holds,
    mission.RULE: _mission_holds,
    urgent_review.RULE: _low_charge_holds,
}
