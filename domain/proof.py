"""Proofs of single decisions: the rule that a recorded decision names is called again with the inputs it recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
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
GRANTED = "granted"


class Unprovable(Exception):
    """The rule of a decision can't be called again; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A rule that was called again: its inputs, the recorded outcome, and the outcome of the second call, as JSON."""

    rule: str
    inputs: Mapping[str, Any]
    recorded: Any
    again: Any

    def is_equal(self) -> bool:
        """Whether the rule gave the recorded outcome again."""
        return bool(self.recorded == self.again)


def prove(decision: Decision, outlets: Outlets) -> Proof:
    """Call the rule of a decision again. Raises `Unprovable`.

    `outlets` are the chargers of the decision's site, as its events describe them; other streams have none.
    """
    rule = RULES.get(decision.rule)
    if rule is None:
        reason = f"the rule {decision.rule} can't be called again yet: its decisions do not record all of its inputs"
        raise Unprovable(reason)
    return rule(decision, outlets)


def _schedule(decision: ScheduleChanged, outlets: Outlets) -> Proof:
    """The schedule of all claimants gives the recorded target to each charger whose target changed."""
    named = [claimant.charger_id for claimant in decision.claimants] + [charger for charger, _ in decision.fixed]
    concerned = {charger: outlets[charger] for charger in named if charger in outlets}
    for claimant in decision.claimants:
        if claimant.charger_id not in outlets:
            raise Unprovable(f"the site has no charger {claimant.charger_id}, which the decision names")
    found = schedule(
        nodes_of(decision.limits),
        [targets.plugged_car(claimant, outlets) for claimant in decision.claimants],
        {charger: (outlets[charger], current_ma) for charger, current_ma in decision.fixed if charger in outlets},
        reserve_w=decision.priority_reserve_w,
    )
    chargers = [asdict(outlet) for outlet in concerned.values()]
    return Proof(
        rule=decision.rule,
        inputs=_recorded(decision, "claimants", "limits", "fixed", "priority_reserve_w") | {"chargers": chargers},
        recorded={target.charger_id: target.target_ma for target in decision.targets},
        again={target.charger_id: found.get(target.charger_id, 0) for target in decision.targets},
    )


def _offer(decision: SessionOffered, _: Outlets) -> Proof:
    """The session that the charger was offered to is the first of those who waited."""
    ranked = rank(map(offers.entry_of, decision.facts))
    first = ranked[0].id if ranked else None
    return Proof(decision.rule, _recorded(decision, "facts"), decision.session_id, first)


def _mission(decision: PriorityGranted | PriorityDenied | PriorityExpired, _: Outlets) -> Proof:
    """A grant has all the evidence; a denial names what was missing."""
    recorded = GRANTED if isinstance(decision, PriorityGranted) else decision.reason
    return _by_evidence(decision, recorded, mission.missing(decision.evidence))


def _low_charge(decision: PriorityGranted | PriorityDenied | PriorityExpired, _: Outlets) -> Proof:
    """A grant has all the evidence. Without it an operator decides: this rule denies only for the departure."""
    if isinstance(decision, PriorityDenied):
        raise Unprovable("this denial follows from the time of the departure, which the event does not hold")
    return _by_evidence(decision, GRANTED, urgent_review.missing(decision.evidence))


def _by_evidence(
    decision: PriorityGranted | PriorityDenied | PriorityExpired, recorded: str, lacking: str | None
) -> Proof:
    if isinstance(decision, PriorityExpired):
        raise Unprovable("when priority ends follows from the time, which the event does not hold")
    return Proof(decision.rule, _recorded(decision, "evidence"), recorded, lacking or GRANTED)


def _recorded(decision: Decision, *fields: str) -> dict[str, Any]:
    """These fields of a decision, as JSON."""
    return decision.model_dump(mode="json", include=set(fields))


RULES: dict[str, Callable[[Any, Outlets], Proof]] = {
    targets.RULE: _schedule,
    offers.RULE: _offer,
    mission.RULE: _mission,
    urgent_review.RULE: _low_charge,
}
"""The rules whose decisions record all that they were called with."""
