"""Chargers: each under its OCPP identity, so that the stream makes the identity unique."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain.records.registry import ChargerRegistered, RegisterCharger
from domain.registry.site_tree import check_charger
from processors.registry.entity import Entity


class Charger(Entity):
    """A charger at a node of its site's tree."""

    @event("ChargerRegistered")
    def __init__(self, stream: str, record: ChargerRegistered, timestamp: datetime) -> None:
        super().__init__(stream, record, timestamp)
        self.charger = record

    @classmethod
    def register(cls, stream: str, command: RegisterCharger, timestamp: datetime) -> Self:
        """Register a charger whose electrical description makes sense. Raises `DomainError`."""
        check_charger(command)
        return cls(stream, ChargerRegistered(**command.__dict__), timestamp)
