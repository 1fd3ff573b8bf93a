"""`vehicles`: sessions and priority of vehicles; every request of a driver enters here.

Streams: a vehicle's id, and a holder of a quota for priority: `enterprise:<id>`, `account:<id>`.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.records import Payload, Record, registry, sites, vehicles
from domain.records.observations import Reading
from domain.records.time import TimerDue
from domain.vehicle import basis, driver_requests, mission, quota, registration, urgent_review
from domain.vehicle.context import RULE, VehicleContext
from domain.vehicle.readings import Readings, observe
from domain.vehicle.state import VehicleState, evolve, initial_state
from processors.engine.processor import Processor
from processors.engine.routing import Handlers

handlers = Handlers[VehicleContext]("a vehicle", rule=RULE)
handlers.on(registry.VehicleRegistered)(registration.add_vehicle)
handlers.on(vehicles.RequestSession)(driver_requests.request)
handlers.on(vehicles.CancelSession)(driver_requests.cancel)
handlers.on(vehicles.AcceptOffer)(driver_requests.accept)
handlers.on(vehicles.SnoozeOffer)(driver_requests.snooze)
handlers.on(sites.SessionEnded, sites.SessionRefused)(driver_requests.close)
handlers.on(Reading)(basis.observed)
handlers.on(vehicles.QuotaUsed, vehicles.QuotaRefused)(basis.answered)
handlers.on(vehicles.PriorityRevoked)(mission.revoked)
handlers.on(vehicles.RequestUrgentReview)(urgent_review.request)
handlers.on(vehicles.DecideUrgentReview)(urgent_review.decide)
handlers.on(TimerDue)(basis.due)
handlers.on(registry.EnterpriseApproved)(quota.approve)
handlers.on(registry.EnterpriseSuspended)(quota.suspend)
handlers.on(vehicles.PriorityClaimed)(quota.answer)


class Vehicles(Processor[VehicleState, Readings]):
    """Vehicles and holders of quotas."""

    name = "vehicles"
    state_type = VehicleState
    observations_type = Readings

    def initial_state(self, key: str) -> tuple[VehicleState, Readings]:
        return initial_state(key), Readings()

    def observe(self, state: VehicleState, observations: Readings, given: Record) -> Readings:
        return observe(observations, given, state.vehicle.enterprise_id, state.vehicle.battery_wh)

    def decide(self, state: VehicleState, observations: Readings, given: Record) -> Sequence[Payload]:
        handle = handlers.of(given)
        context = VehicleContext(state, observations, given)
        handle(context, given.data)
        return context.events

    def evolve(self, state: VehicleState, event: Payload, time_ms: int) -> VehicleState:
        return evolve(state, event, time_ms)
