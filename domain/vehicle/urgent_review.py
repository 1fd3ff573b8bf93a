"""Urgent review: a driver who runs low gets P1, by the rule within their quota, or by an operator's decision."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.observations import Reading
from domain.records.vehicles import (
    Basis,
    DecideUrgentReview,
    Evidence,
    QuotaRefused,
    QuotaUsed,
    RequestUrgentReview,
    UrgentReviewOpened,
)
from domain.site.session import VERIFIED
from domain.vehicle.context import VehicleContext
from domain.vehicle.level import is_possible
from domain.vehicle.priority import claim, deny, evidence_of, expire, grant, improves
from domain.vehicle.readings import FRESH_MS
from domain.vehicle.vehicle import Visit

RULE = "priority.low_charge.v1"
OPERATOR_RULE = "priority.operator.v1"
TIMER = "review"
LOW_PERMILLE = 150
"""At most this charge level is urgent by the rule."""
VALID_MS = 6 * 3_600_000
"""How long a grant holds, unless the session's departure comes before."""
CONTRADICTED_MS = 15 * 60_000
"""How long after a grant another level may contradict the one that it rests on."""
DECIDE_MS = 15 * 60_000
"""How long an operator has; then it is denied."""


def missing(evidence: Evidence) -> str | None:
    """Why the rule can't grant it, in words; None: it can."""
    if evidence.level_permille is None:
        return "the charge level is not known: within 5 minutes no integration reported one that agrees with the last"
    if evidence.level_permille > LOW_PERMILLE:
        return f"the charge level is above {LOW_PERMILLE // 10} %"
    return None


def request(context: VehicleContext, asked: RequestUrgentReview) -> None:
    """Claim it where the rule can grant it; otherwise ask an operator. Raises `DomainError` where it can't be asked."""
    visit = _visit(context, asked.session_id)
    if visit.grant is not None:
        raise DomainError("this session has priority already", field="session_id", rule=RULE)
    if visit.reviewed:
        raise DomainError("this session had its urgent review", field="session_id", rule=RULE)
    if visit.depart_ms <= context.now_ms:
        raise DomainError("the departure of this session is past", field="session_id", rule=RULE)
    lacking = missing(evidence_of(context))
    if lacking is None:
        claim(context, "low_charge", f"account:{context.vehicle.owner_id or context.vehicle.id}")
    else:
        _ask_an_operator(context, lacking)


def answered(context: VehicleContext, answer: QuotaUsed | QuotaRefused) -> None:
    """Grant, where the quota has room, if still proven. Otherwise an operator may; but priority may have come since."""
    if not improves(context.visit, VERIFIED, "low_charge"):
        return None
    if isinstance(answer, QuotaRefused):
        return _ask_an_operator(context, answer.reason)
    lacking = missing(evidence_of(context))
    if lacking is not None:
        return _ask_an_operator(context, lacking)
    reason = f"the charge level is at most {LOW_PERMILLE // 10} %; grant {answer.used} of {answer.limit}"
    return _grant(context, "low_charge", RULE, reason)


def decide(context: VehicleContext, asked: DecideUrgentReview) -> None:
    """An operator grants or denies. Raises `DomainError` where no review of this session is open."""
    if _visit(context, asked.session_id).decide_by_ms is None:
        raise DomainError("no urgent review of this session is open", field="session_id", rule=OPERATOR_RULE)
    if asked.granted:
        _grant(context, "operator", OPERATOR_RULE, "an operator granted it")
    else:
        deny(context, "operator", OPERATOR_RULE, "an operator denied it")


def at_deadline(context: VehicleContext) -> None:
    """Deny what no operator decided."""
    visit = context.vehicle.visit
    if visit is not None and visit.decide_by_ms is not None and visit.decide_by_ms <= context.now_ms:
        deny(context, "operator", OPERATOR_RULE, "nobody decided within 15 minutes: normal priority")


def at_reading(context: VehicleContext, reading: Reading) -> None:
    """A level that contradicts the one of a grant, minutes after it, takes the grant back."""
    visit, level = context.vehicle.visit, reading.level_permille
    if visit is None or visit.grant is None or visit.grant.basis != "low_charge" or visit.grant.level_permille is None:
        return
    if reading.source != "integration" or level is None or level <= LOW_PERMILLE:
        return
    elapsed_ms = context.now_ms - visit.grant.granted_ms
    is_newer = reading.observed_ms >= visit.grant.granted_ms - FRESH_MS
    if elapsed_ms > CONTRADICTED_MS or not is_newer:
        return
    if not is_possible(visit.grant.level_permille, level, elapsed_ms, context.vehicle.battery_wh):
        percent = visit.grant.level_permille // 10
        expire(context, RULE, f"it was granted at {percent} %, and {level // 10} % was reported within minutes")


def at_wake(context: VehicleContext) -> None:
    """The grant is over."""
    expire(context, RULE, "it was granted until the departure, or for 6 hours")


def _ask_an_operator(context: VehicleContext, reason: str) -> None:
    decide_by_ms = context.now_ms + DECIDE_MS
    context.add(
        UrgentReviewOpened(
            session_id=context.visit.session_id,
            vehicle_id=context.vehicle.id,
            decide_by_ms=decide_by_ms,
            reason=reason,
            site_id=context.visit.site_id,
            evidence=evidence_of(context),
        )
    )
    context.set_timer(TIMER, decide_by_ms)


def _grant(context: VehicleContext, basis: Basis, rule: str, reason: str) -> None:
    until_ms = min(context.visit.depart_ms, context.now_ms + VALID_MS)
    if until_ms <= context.now_ms:
        deny(context, basis, rule, "the departure of this session is past")
    else:
        grant(context, VERIFIED, basis, until_ms, wake_ms=until_ms, rule=rule, reason=reason)


def _visit(context: VehicleContext, session_id: str) -> Visit:
    if context.visit.session_id != session_id:
        raise DomainError("this vehicle has no such session open", field="session_id", rule=RULE)
    return context.visit
