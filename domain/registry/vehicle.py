"""Vehicles: which description of a vehicle may be registered."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.registry import RegisterVehicle, VehicleRegistered
from domain.registry.identity import RULE
from domain.registry.site_tree import MAX_MA

BATTERY_WH = range(1_000, 2_000_001)
"""The energy that a battery may hold, from that of a moped to that of a mining truck."""


def check_vehicle(vehicle: RegisterVehicle) -> None:
    """Raise `DomainError` unless the description makes sense; what is not known of a vehicle is None."""
    if vehicle.battery_wh is not None and vehicle.battery_wh not in BATTERY_WH:
        raise DomainError("the battery must hold 1 kWh to 2,000 kWh", field="battery_wh", rule=RULE)
    if vehicle.max_ma is not None and not 0 < vehicle.max_ma <= MAX_MA:
        raise DomainError(f"must lie in 1 mA to {MAX_MA} mA", field="max_ma", rule=RULE)
    if not 1 <= vehicle.phases <= 3:
        raise DomainError("a car charges on one to three phases", field="phases", rule=RULE)
    if vehicle.priority_eligible and vehicle.enterprise_id is None:
        raise DomainError("only a vehicle of an enterprise can be", field="priority_eligible", rule=RULE)


def check_vehicle_registered(vehicle: VehicleRegistered | None) -> None:
    """Raise `DomainError` where there is no such vehicle."""
    if vehicle is None:
        raise DomainError("this vehicle is not registered", field="vehicle_id", rule=RULE)
