"""Vehicles."""

from __future__ import annotations

from api.shapes.shape import Shape


class Vehicle(Shape):
    """A vehicle."""

    id: str
    vin: str | None
    owner_user_id: str | None
    """The user who drives it."""
    enterprise_id: str | None
    priority_eligible: bool
    """Whether its enterprise enrolled it as a unit that may have priority."""
    battery_kwh: float | None
    max_a: float | None
    """The highest current per phase that the car draws."""
    phases: int


class Vehicles(Shape):
    """The vehicles that the caller may see."""

    vehicles: list[Vehicle]
