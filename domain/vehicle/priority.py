"""What a decision about a vehicle's priority is made of: the case, its evidence, and the words that say it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError
from domain.records import Payload, derived_id
from domain.records.time import TimerSet
from domain.records.vehicles import Basis, Evidence, PriorityClaimed, PriorityDenied, PriorityExpired, PriorityGranted
from domain.vehicle.readings import Observed, Readings, fresh
from domain.vehicle.state import Vehicle, Visit

RULE = "priority.session.v1"
TIMER = "priority"
"""Wakes the vehicle when its priority has to be renewed, or ends."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known when it is decided."""

    vehicle: Vehicle
    readings: Readings
    now_ms: int

    @property
    def visit(self) -> Visit:
        """The open session. Raises `DomainError` where there is none."""
        if self.vehicle.visit is None:
            raise DomainError("this vehicle has no such session open", field="session_id", rule=RULE)
        return self.vehicle.visit


def evidence_of(case: Case) -> Evidence:
    """What is known now; whatever is stale is unknown."""
    visit, now_ms = case.vehicle.visit, case.now_ms
    mission = fresh(case.readings.mission_active, now_ms)
    zone = fresh(case.readings.location_zone, now_ms)
    level = fresh(case.readings.level_permille, now_ms)
    return Evidence(
        eligible=case.vehicle.may_have_missions(),
        mission_active=None if mission is None else mission.value,
        mission_age_ms=_age_ms(mission, now_ms),
        location_zone=None if zone is None else zone.value,
        location_age_ms=_age_ms(zone, now_ms),
        site_zone=None if visit is None else visit.site_zone,
        level_permille=None if level is None else level.value,
        level_age_ms=_age_ms(level, now_ms),
    )


def _age_ms(known: Observed[bool] | Observed[str] | Observed[int] | None, now_ms: int) -> int | None:
    return None if known is None else known.age_ms(now_ms)


def claim_id(session_id: str, basis: Basis) -> str:
    """One claim a session and basis: made again, it is renewed."""
    return derived_id(session_id, basis)


def claim(case: Case, basis: Basis, holder: str) -> PriorityClaimed:
    """Ask the holder of the quota."""
    return PriorityClaimed(
        claim_id=claim_id(case.visit.session_id, basis),
        holder=holder,
        vehicle_id=case.vehicle.id,
        session_id=case.visit.session_id,
        basis=basis,
    )


def improves(visit: Visit, tier: int, basis: Basis) -> bool:
    """Whether a grant would be a renewal, or better than what the session has."""
    return visit.grant is None or visit.grant.basis == basis or tier < visit.grant.tier


def grant(
    case: Case, tier: int, basis: Basis, valid_until_ms: int, *, wake_ms: int, rule: str, reason: str
) -> list[Payload]:
    """Grant, and be woken at `wake_ms` to see to its end."""
    granted = PriorityGranted(
        session_id=case.visit.session_id,
        vehicle_id=case.vehicle.id,
        site_id=case.visit.site_id,
        tier=tier,
        basis=basis,
        valid_until_ms=valid_until_ms,
        evidence=evidence_of(case),
        rule=rule,
        reason=reason,
    )
    return [granted, TimerSet(name=TIMER, due_ms=wake_ms)]


def deny(case: Case, basis: Basis, rule: str, reason: str) -> PriorityDenied:
    visit = case.vehicle.visit
    return PriorityDenied(
        session_id=None if visit is None else visit.session_id,
        vehicle_id=case.vehicle.id,
        site_id=None if visit is None else visit.site_id,
        basis=basis,
        evidence=evidence_of(case),
        rule=rule,
        reason=reason,
    )


def expire(case: Case, rule: str, reason: str) -> list[Payload]:
    """The end of the priority that the session has, where it has one."""
    visit = case.vehicle.visit
    if visit is None or visit.grant is None:
        return []
    expired = PriorityExpired(
        session_id=visit.session_id,
        vehicle_id=case.vehicle.id,
        site_id=visit.site_id,
        tier=visit.grant.tier,
        evidence=evidence_of(case),
        rule=rule,
        reason=reason,
    )
    return [expired]
