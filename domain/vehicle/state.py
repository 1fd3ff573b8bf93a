"""What `vehicles` never forgets of a stream, which belongs to a vehicle or to a holder of a quota for priority."""

from __future__ import annotations

from dataclasses import dataclass

from domain.records import Payload
from domain.records.vehicles import HolderApproved, HolderSuspended, QuotaUsed
from domain.vehicle import quota_holder, vehicle
from domain.vehicle.quota_holder import QuotaHolder
from domain.vehicle.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class VehicleState:
    """A stream is one of both; the other has seen nothing."""

    vehicle: Vehicle
    holder: QuotaHolder


def initial_state(key: str) -> VehicleState:
    """The state of a stream that has seen nothing."""
    return VehicleState(Vehicle(key), quota_holder.initial_holder(key))


def evolve(state: VehicleState, event: Payload, time_ms: int) -> VehicleState:
    """The state after one of the stream's own events."""
    match event:
        case HolderApproved() | HolderSuspended() | QuotaUsed():
            return VehicleState(state.vehicle, quota_holder.evolve(state.holder, event, time_ms))
    return VehicleState(vehicle.evolve(state.vehicle, event, time_ms), state.holder)
