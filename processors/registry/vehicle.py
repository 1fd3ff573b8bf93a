"""Vehicles: a car of an account, of an enterprise's fleet, or of both."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain.records.registry import RegisterVehicle, VehicleRegistered
from domain.registry.vehicle import check_vehicle
from processors.registry.entity import Entity


class Vehicle(Entity):
    """A vehicle with what is known of its battery and its charger on board."""

    @event("VehicleRegistered")
    def __init__(self, stream: str, record: VehicleRegistered, timestamp: datetime) -> None:
        super().__init__(stream, record, timestamp)
        self.vehicle = record

    @classmethod
    def register(cls, stream: str, command: RegisterVehicle, timestamp: datetime) -> Self:
        """Register a vehicle whose description makes sense. Raises `DomainError`."""
        check_vehicle(command)
        return cls(stream, VehicleRegistered(**command.__dict__), timestamp)
