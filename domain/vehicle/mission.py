"""Priority for a mission: of an enrolled vehicle that is on one now, near the site, as its enterprise reports."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.observations import Reading
from domain.records.vehicles import Evidence, PriorityRevoked, QuotaRefused, QuotaUsed
from domain.vehicle.context import RULE as ROUTE_RULE
from domain.vehicle.context import VehicleContext
from domain.vehicle.priority import TIMER, claim, claim_id, deny, evidence_of, expire, grant, improves
from domain.vehicle.zone import is_near

RULE = "priority.mission.v1"
DRIVER_RULE = "priority.mission_by_driver.v1"
VALID_MS = 30 * 60_000
"""How long a grant holds unless it is renewed."""
RENEW_MS = 60_000
"""The time before its end at which it is renewed, so that no car is throttled and raised again in between."""
AGAIN_MS = 5 * 60_000
"""The time before a refused claim is made again."""


def missing(evidence: Evidence) -> str | None:
    """What a claim lacks, in words; None: every proof is there. Unknown is never a proof."""
    if not evidence.eligible:
        return "no enterprise enrolled this vehicle for priority"
    if evidence.mission_active is None:
        return "whether it is on a mission is not known: its enterprise did not say so within 5 minutes"
    if not evidence.mission_active:
        return "it is not on a mission, says its enterprise"
    if evidence.location_zone is None:
        return "where it is is not known: no integration said so within 5 minutes"
    if not is_near(evidence.location_zone, evidence.site_zone):
        return "it is not near the site"
    return None


def at_request(context: VehicleContext) -> None:
    """Claim priority for a unit that may have it and requests a session, or deny it with what is missing."""
    if not context.vehicle.may_have_missions():
        return
    lacking = missing(evidence_of(context))
    if lacking is None:
        _claim(context)
    else:
        deny(context, "mission", RULE, lacking)


def at_reading(context: VehicleContext, reading: Reading) -> None:
    """A reading may prove a mission, or its end; a driver's proves neither, and a driver's claim is denied."""
    if not context.vehicle.known:
        raise DomainError("this vehicle is not registered", field="vehicle_id", rule=ROUTE_RULE)
    if reading.source == "driver":
        if reading.mission_active:
            reason = "a mission counts only from the integration of the vehicle's enterprise"
            deny(context, "mission", DRIVER_RULE, reason)
        return
    visit = context.vehicle.visit
    if visit is None:
        return
    evidence = evidence_of(context)
    if visit.grant is not None and visit.grant.basis == "mission":
        if evidence.mission_active is False:
            expire(context, RULE, "the mission is over")
        return
    claimed_lately = visit.claimed_ms is not None and context.now_ms - visit.claimed_ms < AGAIN_MS
    if not claimed_lately and missing(evidence) is None:
        _claim(context)


def answered(context: VehicleContext, answer: QuotaUsed | QuotaRefused) -> None:
    """Grant, where the quota has room, if the mission is still proven and that is better than what the session has."""
    if isinstance(answer, QuotaRefused):
        return deny(context, "mission", answer.rule, answer.reason)
    lacking = missing(evidence_of(context))
    if lacking is not None:
        return deny(context, "mission", RULE, lacking)
    if not improves(context.visit, answer.tier, "mission"):
        return None
    until_ms = context.now_ms + VALID_MS
    reason = f"on a verified mission near the site; grant {answer.used} of {answer.limit}"
    return grant(context, answer.tier, "mission", until_ms, wake_ms=until_ms - RENEW_MS, rule=RULE, reason=reason)


def at_wake(context: VehicleContext) -> None:
    """A grant that is nearly over is renewed if it is still proven; one that is over has expired."""
    held = context.visit.grant
    if held is None:
        return
    lacking = missing(evidence_of(context))
    if held.valid_until_ms <= context.now_ms:
        expire(context, RULE, lacking or "its time is over, and it was not renewed")
        return
    if lacking is None:
        _claim(context)
    context.set_timer(TIMER, held.valid_until_ms)


def revoked(context: VehicleContext, event: PriorityRevoked) -> None:
    """The enterprise may have priority no longer."""
    visit = context.vehicle.visit
    if visit is None or visit.grant is None or event.claim_id != claim_id(visit.session_id, visit.grant.basis):
        return
    expire(context, RULE, event.reason)


def _claim(context: VehicleContext) -> None:
    claim(context, "mission", f"enterprise:{context.vehicle.enterprise_id}")
