"""Vehicles."""

from __future__ import annotations

from typing import Literal

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


class Card(Shape):
    """A card of a vehicle."""

    id: str
    token_ends_with: str | None
    """The last characters of its token; null for one of an earlier release that has not been used since."""
    state: Literal["active", "blocked", "expired"]
    expires_at: str | None


class Cards(Shape):
    """The cards of a vehicle."""

    cards: list[Card]
