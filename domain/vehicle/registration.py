"""What the registry describes of a vehicle."""

from __future__ import annotations

from domain.records.registry import VehicleRegistered
from domain.records.vehicles import VehicleAdded
from domain.vehicle.context import VehicleContext


def add_vehicle(context: VehicleContext, event: VehicleRegistered) -> None:
    """Sessions may be requested for the vehicle from here on."""
    context.add(VehicleAdded(**event.__dict__))
