"""The decisions about a vehicle's priority: claimed, granted, denied, expired, each with its evidence."""

from __future__ import annotations

from domain.records import derived_id
from domain.records.vehicles import Basis, Evidence, PriorityClaimed, PriorityDenied, PriorityExpired, PriorityGranted
from domain.vehicle.context import VehicleContext
from domain.vehicle.readings import Observed, fresh
from domain.vehicle.vehicle import Visit

TIMER = "priority"
"""The timer that is due when a priority has to be renewed, or ends."""


def evidence_of(context: VehicleContext) -> Evidence:
    """The evidence as it is known now; what is stale is unknown."""
    visit, now_ms = context.vehicle.visit, context.now_ms
    mission = fresh(context.observations.mission_active, now_ms)
    zone = fresh(context.observations.location_zone, now_ms)
    soc = fresh(context.observations.soc_proven, now_ms)
    return Evidence(
        eligible=context.vehicle.may_have_missions(),
        mission_active=None if mission is None else mission.value,
        mission_age_ms=_age_ms(mission, now_ms),
        location_zone=None if zone is None else zone.value,
        location_age_ms=_age_ms(zone, now_ms),
        site_zone=None if visit is None else visit.site_zone,
        level_permille=None if soc is None else soc.value,
        level_age_ms=_age_ms(soc, now_ms),
    )


def _age_ms(known: Observed[bool] | Observed[str] | Observed[int] | None, now_ms: int) -> int | None:
    return None if known is None else known.age_ms(now_ms)


def claim_id(session_id: str, basis: Basis) -> str:
    """The id of the one claim of a session and basis: made again, it is renewed."""
    return derived_id(session_id, basis)


def claim(context: VehicleContext, basis: Basis, holder: str) -> None:
    """Claim priority of the holder of the quota."""
    context.add(
        PriorityClaimed(
            claim_id=claim_id(context.visit.session_id, basis),
            holder=holder,
            vehicle_id=context.vehicle.id,
            session_id=context.visit.session_id,
            basis=basis,
        )
    )


def improves(visit: Visit, tier: int, basis: Basis) -> bool:
    """Whether a grant would be a renewal, or better than what the session has."""
    return visit.grant is None or visit.grant.basis == basis or tier < visit.grant.tier


def grant(
    context: VehicleContext, tier: int, basis: Basis, valid_until_ms: int, *, wake_ms: int, rule: str, reason: str
) -> None:
    """Grant, and see to the end of the grant at `wake_ms`."""
    context.add(
        PriorityGranted(
            session_id=context.visit.session_id,
            vehicle_id=context.vehicle.id,
            site_id=context.visit.site_id,
            tier=tier,
            basis=basis,
            valid_until_ms=valid_until_ms,
            evidence=evidence_of(context),
            rule=rule,
            reason=reason,
        )
    )
    context.set_timer(TIMER, wake_ms)


def deny(context: VehicleContext, basis: Basis, rule: str, reason: str) -> None:
    """Deny priority, with or without an open session."""
    visit = context.vehicle.visit
    context.add(
        PriorityDenied(
            session_id=None if visit is None else visit.session_id,
            vehicle_id=context.vehicle.id,
            site_id=None if visit is None else visit.site_id,
            basis=basis,
            evidence=evidence_of(context),
            rule=rule,
            reason=reason,
        )
    )


def expire(context: VehicleContext, rule: str, reason: str) -> None:
    """End the priority that the session has, where it has one."""
    visit = context.vehicle.visit
    if visit is None or visit.grant is None:
        return
    context.add(
        PriorityExpired(
            session_id=visit.session_id,
            vehicle_id=context.vehicle.id,
            site_id=visit.site_id,
            tier=visit.grant.tier,
            evidence=evidence_of(context),
            rule=rule,
            reason=reason,
        )
    )
