"""Urgent review: a driver who runs low gets P1, by the rule within her quota, or by an operator's word."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import DomainError
from domain.records import Payload
from domain.records.time import TimerSet
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
from domain.vehicle.priority import Case, claim, deny, evidence_of, expire, grant, improves
from domain.vehicle.state import Visit

RULE = "priority.low_charge.v1"
OPERATOR_RULE = "priority.operator.v1"
TIMER = "review"
LOW_PERMILLE = 150
"""At most this charge level is urgent by the rule."""
VALID_MS = 6 * 3_600_000
"""How long a grant holds, unless the session's departure comes before."""
DECIDE_MS = 15 * 60_000
"""How long an operator has; then it is denied."""


def missing(evidence: Evidence) -> str | None:
    """Why the rule can't grant it, in words; None: it can."""
    if evidence.level_permille is None:
        return "the charge level is not known: no integration said so within 5 minutes"
    if evidence.level_permille > LOW_PERMILLE:
        return f"the charge level is above {LOW_PERMILLE // 10} %"
    return None


def request(case: Case, asked: RequestUrgentReview) -> list[Payload]:
    """Claim it where the rule can grant it; otherwise ask an operator. Raises `DomainError` where it can't be asked."""
    visit = _visit(case, asked.session_id)
    if visit.grant is not None:
        raise DomainError("this session has priority already", field="session_id", rule=RULE)
    if visit.reviewed:
        raise DomainError("this session had its urgent review", field="session_id", rule=RULE)
    if visit.depart_ms <= case.now_ms:
        raise DomainError("the departure of this session is past", field="session_id", rule=RULE)
    lacking = missing(evidence_of(case))
    return [_claim(case)] if lacking is None else _open(case, lacking)


def answered(case: Case, told: QuotaUsed | QuotaRefused) -> list[Payload]:
    """The quota has room: granted, if still proven. Otherwise an operator may; but priority may have come since."""
    if not improves(case.visit, VERIFIED, "low_charge"):
        return []
    lacking = told.reason if isinstance(told, QuotaRefused) else missing(evidence_of(case))
    if lacking is not None:
        return _open(case, lacking)
    reason = f"the charge level is at most {LOW_PERMILLE // 10} %; grant {told.used} of {told.limit}"
    return _grant(case, "low_charge", RULE, reason)


def decide(case: Case, asked: DecideUrgentReview) -> list[Payload]:
    """The operator's word. Raises `DomainError` where no review of this session waits for it."""
    if _visit(case, asked.session_id).decide_by_ms is None:
        raise DomainError("no urgent review of this session is open", field="session_id", rule=OPERATOR_RULE)
    if asked.granted:
        return _grant(case, "operator", OPERATOR_RULE, "an operator granted it")
    return [deny(case, "operator", OPERATOR_RULE, "an operator denied it")]


def at_deadline(case: Case) -> Sequence[Payload]:
    """Nobody decided."""
    visit = case.vehicle.visit
    if visit is None or visit.decide_by_ms is None or visit.decide_by_ms > case.now_ms:
        return []
    return [deny(case, "operator", OPERATOR_RULE, "nobody decided within 15 minutes: normal priority")]


def at_wake(case: Case) -> Sequence[Payload]:
    """The grant is over."""
    return expire(case, RULE, "it was granted until the departure, or for 6 hours")


def _open(case: Case, reason: str) -> list[Payload]:
    decide_by_ms = case.now_ms + DECIDE_MS
    opened = UrgentReviewOpened(
        session_id=case.visit.session_id,
        vehicle_id=case.vehicle.id,
        decide_by_ms=decide_by_ms,
        reason=reason,
        site_id=case.visit.site_id,
        evidence=evidence_of(case),
    )
    return [opened, TimerSet(name=TIMER, due_ms=decide_by_ms)]


def _grant(case: Case, basis: Basis, rule: str, reason: str) -> list[Payload]:
    until_ms = min(case.visit.depart_ms, case.now_ms + VALID_MS)
    if until_ms <= case.now_ms:
        return [deny(case, basis, rule, "the departure of this session is past")]
    return grant(case, VERIFIED, basis, until_ms, wake_ms=until_ms, rule=rule, reason=reason)


def _visit(case: Case, session_id: str) -> Visit:
    if case.visit.session_id != session_id:
        raise DomainError("this vehicle has no such session open", field="session_id", rule=RULE)
    return case.visit


def _claim(case: Case) -> Payload:
    return claim(case, "low_charge", f"account:{case.vehicle.owner_id or case.vehicle.id}")
