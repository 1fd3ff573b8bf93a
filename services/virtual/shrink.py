"""The smallest plan that still fails, of one that did: fewer days, chargers and faults, as long as it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from services.virtual.plan import Plan

SHORTEST_DAYS = 0.05


def shrunk(plan: Plan, fails: Callable[[Plan], bool]) -> Plan:
    """Take away what is not needed for the failure, until nothing can be taken away."""
    smaller: Plan | None = plan
    while smaller is not None:
        plan = smaller
        smaller = next((one for one in _smaller(plan) if fails(one)), None)
    return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    if plan.days / 2 >= SHORTEST_DAYS:
        yield replace(plan, days=plan.days / 2)
    for name in ("kills", "uplink_outages", "outages", "loss"):
        if getattr(plan, name):
            yield replace(plan, **{name: 0})  # type: ignore[arg-type]
    if plan.chargers > 1:
        yield replace(plan, chargers=plan.chargers // 2)
