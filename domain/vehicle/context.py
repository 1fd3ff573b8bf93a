"""The decision context of a vehicle, or of a holder of a quota."""

from __future__ import annotations

from domain.decision import DecisionContext
from domain.errors import DomainError
from domain.records import Payload
from domain.vehicle.quota_holder import QuotaHolder
from domain.vehicle.readings import Readings
from domain.vehicle.state import VehicleState, evolve
from domain.vehicle.vehicle import Vehicle, Visit

RULE = "vehicles.route.v1"
PRIORITY_RULE = "priority.session.v1"


class VehicleContext(DecisionContext[VehicleState, Readings]):
    """What is known of the vehicle, or of the holder, that the stream belongs to."""

    @property
    def vehicle(self) -> Vehicle:
        return self.state.vehicle

    @property
    def holder(self) -> QuotaHolder:
        return self.state.holder

    @property
    def visit(self) -> Visit:
        """The open session. Raises `DomainError` where there is none."""
        if self.vehicle.visit is None:
            raise DomainError("this vehicle has no such session open", field="session_id", rule=PRIORITY_RULE)
        return self.vehicle.visit

    def evolve(self, state: VehicleState, event: Payload, time_ms: int) -> VehicleState:
        return evolve(state, event, time_ms)
