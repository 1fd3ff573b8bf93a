"""The basis of a claim, a mission or a low charge, decides which rule goes on with it."""

from __future__ import annotations

from domain.records.observations import Reading
from domain.records.time import TimerDue
from domain.records.vehicles import QuotaRefused, QuotaUsed
from domain.vehicle import mission, urgent_review
from domain.vehicle.context import VehicleContext
from domain.vehicle.priority import TIMER, claim_id


def answered(context: VehicleContext, answer: QuotaUsed | QuotaRefused) -> None:
    """The answer to a claim of the open session; one of an earlier session is of no use any more."""
    visit = context.vehicle.visit
    if visit is None:
        return
    if answer.claim_id == claim_id(visit.session_id, "mission"):
        mission.answered(context, answer)
    elif answer.claim_id == claim_id(visit.session_id, "low_charge"):
        urgent_review.answered(context, answer)


def observed(context: VehicleContext, reading: Reading) -> None:
    """A reading may prove a mission, or contradict what a grant rests on."""
    mission.at_reading(context, reading)
    urgent_review.at_reading(context, reading)


def due(context: VehicleContext, timer: TimerDue) -> None:
    """The time of a review or of a grant is over, or nearly so."""
    visit = context.vehicle.visit
    if timer.name == urgent_review.TIMER:
        urgent_review.at_deadline(context)
    elif timer.name == TIMER and visit is not None and visit.grant is not None:
        rule = mission if visit.grant.basis == "mission" else urgent_review
        rule.at_wake(context)
