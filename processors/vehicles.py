"""`vehicles`: sessions and priority of vehicles; every request of a driver enters here.

Streams: a vehicle's id, and a holder of a quota for priority: `enterprise:<id>`, `account:<id>`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.errors import DomainError
from domain.records import Payload, Record, registry, sites, vehicles
from domain.records.observations import Reading
from domain.records.time import TimerDue
from domain.vehicle import driver_requests, mission, quota, readings, urgent_review
from domain.vehicle import state as vehicle
from domain.vehicle.priority import TIMER, Case, claim_id
from domain.vehicle.quota import Holder
from domain.vehicle.readings import Readings
from domain.vehicle.state import Vehicle
from processors.engine.processor import Processor

RULE = "vehicles.route.v1"


@dataclass(frozen=True, slots=True)
class VehicleState:
    """A stream is one of both."""

    vehicle: Vehicle
    holder: Holder


class Vehicles(Processor[VehicleState, Readings]):
    """`processors.engine.processor.Processor` for vehicles and holders of quotas."""

    name = "vehicles"
    state_type = VehicleState
    observations_type = Readings

    def initial_state(self, key: str) -> tuple[VehicleState, Readings]:
        return VehicleState(Vehicle(key), quota.holder(key)), Readings()

    def observe(self, state: VehicleState, observations: Readings, given: Record) -> Readings:
        if isinstance(given.data, Reading):
            return readings.take(observations, given.data, state.vehicle.enterprise_id, given.time)
        return observations

    def decide(self, state: VehicleState, observations: Readings, given: Record) -> Sequence[Payload]:
        of_vehicle = VEHICLE_HANDLERS.get(type(given.data))
        if of_vehicle is not None:
            return of_vehicle(Case(state.vehicle, observations, given.time), given.data)
        of_holder = HOLDER_HANDLERS.get(type(given.data))
        if of_holder is not None:
            return of_holder(state.holder, given.data, given.time)
        raise DomainError(f"{given.type} is not for a vehicle", field="type", rule=RULE)

    def evolve(self, state: VehicleState, event: Payload, time_ms: int) -> VehicleState:
        return VehicleState(vehicle.evolve(state.vehicle, event, time_ms), quota.evolve(state.holder, event, time_ms))


# A vehicle


def _registered(case: Case, told: registry.VehicleRegistered) -> Sequence[Payload]:
    return [vehicles.VehicleAdded(**told.__dict__)]


def _request(case: Case, asked: vehicles.RequestSession) -> Sequence[Payload]:
    requested = driver_requests.request(case.vehicle, asked, case.now_ms)
    with_visit = replace(case, vehicle=vehicle.evolve(case.vehicle, requested, case.now_ms))
    return [requested, *mission.at_request(with_visit)]


PASSED_ON: dict[type[Payload], Callable[..., Payload]] = {
    vehicles.CancelSession: vehicles.CancelRequested,
    vehicles.AcceptOffer: vehicles.AcceptRequested,
    vehicles.SnoozeOffer: vehicles.SnoozeRequested,
}


def _pass_on(case: Case, asked: Any) -> Sequence[Payload]:
    visit = driver_requests.open_visit(case.vehicle, asked.session_id)
    return [PASSED_ON[type(asked)](session_id=visit.session_id, site_id=visit.site_id)]


def _closed(case: Case, told: sites.SessionEnded | sites.SessionRefused) -> Sequence[Payload]:
    return driver_requests.close(case.vehicle, told)


def _reading(case: Case, told: Reading) -> Sequence[Payload]:
    if not case.vehicle.known:
        raise DomainError("this vehicle is not registered", field="vehicle_id", rule=RULE)
    return mission.at_reading(case, told)


def _answered(case: Case, told: vehicles.QuotaUsed | vehicles.QuotaRefused) -> Sequence[Payload]:
    """The answer to a claim of the open session; one of an earlier session is of no use any more."""
    visit = case.vehicle.visit
    if visit is not None and told.claim_id == claim_id(visit.session_id, "mission"):
        return mission.answered(case, told)
    if visit is not None and told.claim_id == claim_id(visit.session_id, "low_charge"):
        return urgent_review.answered(case, told)
    return []


def _due(case: Case, due: TimerDue) -> Sequence[Payload]:
    visit = case.vehicle.visit
    if due.name == urgent_review.TIMER:
        return urgent_review.at_deadline(case)
    if due.name != TIMER or visit is None or visit.grant is None:
        return []
    return mission.at_wake(case) if visit.grant.basis == "mission" else urgent_review.at_wake(case)


VEHICLE_HANDLERS: dict[type[Payload], Callable[[Case, Any], Sequence[Payload]]] = {
    registry.VehicleRegistered: _registered,
    vehicles.RequestSession: _request,
    vehicles.CancelSession: _pass_on,
    vehicles.AcceptOffer: _pass_on,
    vehicles.SnoozeOffer: _pass_on,
    sites.SessionEnded: _closed,
    sites.SessionRefused: _closed,
    Reading: _reading,
    vehicles.QuotaUsed: _answered,
    vehicles.QuotaRefused: _answered,
    vehicles.PriorityRevoked: mission.revoked,
    vehicles.RequestUrgentReview: urgent_review.request,
    vehicles.DecideUrgentReview: urgent_review.decide,
    TimerDue: _due,
}


# A holder


def _approved(holder: Holder, told: registry.EnterpriseApproved, now_ms: int) -> Sequence[Payload]:
    return quota.approve(holder, told)


def _claimed(holder: Holder, told: vehicles.PriorityClaimed, now_ms: int) -> Sequence[Payload]:
    return [quota.answer(holder, told, now_ms)]


HOLDER_HANDLERS: dict[type[Payload], Callable[[Holder, Any, int], Sequence[Payload]]] = {
    registry.EnterpriseApproved: _approved,
    registry.EnterpriseSuspended: quota.suspend,
    vehicles.PriorityClaimed: _claimed,
}
