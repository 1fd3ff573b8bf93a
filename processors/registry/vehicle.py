"""Vehicles: a car of an account, of an enterprise's fleet, or of both."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain.records.registry import CardChanged, ChangeCard, RegisterVehicle, VehicleRegistered
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

    def change_card(self, command: ChangeCard, timestamp: datetime) -> None:
        """Say whether a card may be used. Which cards it has, and whether it may be another's, the vault knows."""
        self.card_changed(CardChanged(**command.__dict__), timestamp)

    @event("CardChanged")
    def card_changed(self, record: CardChanged, timestamp: datetime) -> None:
        """Nothing of it is needed to decide."""
