"""A vehicle by its own events: what it is, the session that it has open, the priority of that session."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.records import Payload, vehicles
from domain.records.vehicles import Basis


@dataclass(frozen=True, slots=True)
class Grant:
    """The priority that a session has, and the charge level that was known when it was granted."""

    tier: int
    basis: Basis
    valid_until_ms: int
    granted_ms: int = 0
    level_permille: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """The session that a vehicle has open.

    `claimed_ms`: when it claimed priority for its mission last, unless that was granted. `reviewed`: an urgent review
    was asked for; `decide_by_ms`: it waits for an operator until then.
    """

    session_id: str
    site_id: str
    site_zone: str | None
    depart_ms: int
    grant: Grant | None = None
    claimed_ms: int | None = None
    reviewed: bool = False
    decide_by_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a vehicle's own events say of it."""

    id: str
    known: bool = False
    battery_wh: int | None = None
    max_ma: int | None = None
    phases: int = 1
    owner_id: str | None = None
    enterprise_id: str | None = None
    priority_eligible: bool = False
    visit: Visit | None = None

    def may_have_missions(self) -> bool:
        """Whether an enterprise enrolled it as a unit that may have priority."""
        return self.priority_eligible and self.enterprise_id is not None


def evolve(vehicle: Vehicle, event: Payload, time_ms: int) -> Vehicle:
    """The vehicle after one of its own events."""
    match event:
        case vehicles.VehicleAdded():
            described = {name: value for name, value in event.__dict__.items() if name != "vehicle_id"}
            return replace(vehicle, known=True, **described)
        case vehicles.SessionRequested():
            opened = Visit(event.session_id, event.site_id, event.site_zone, event.depart_ms)
            return replace(vehicle, visit=opened)
        case vehicles.SessionClosed():
            return replace(vehicle, visit=None)
    if vehicle.visit is None:
        return vehicle
    return replace(vehicle, visit=_prioritized(vehicle.visit, event, time_ms))


def _prioritized(visit: Visit, event: Payload, time_ms: int) -> Visit:
    match event:
        case vehicles.PriorityClaimed(basis="mission"):
            return replace(visit, claimed_ms=time_ms)
        case vehicles.PriorityClaimed():
            return replace(visit, reviewed=True)
        case vehicles.PriorityGranted():
            level_permille = event.evidence.level_permille
            grant = Grant(event.tier, event.basis, event.valid_until_ms, time_ms, level_permille)
            return replace(visit, grant=grant, claimed_ms=None, decide_by_ms=None)
        case vehicles.PriorityExpired():
            return replace(visit, grant=None)
        case vehicles.UrgentReviewOpened():
            return replace(visit, reviewed=True, decide_by_ms=event.decide_by_ms)
        case vehicles.PriorityDenied(basis="operator"):
            return replace(visit, decide_by_ms=None)
    return visit
