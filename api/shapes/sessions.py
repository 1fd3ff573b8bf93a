"""Charging sessions and the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.shapes.shape import Shape, Share, Tier

SessionState = Literal[
    "requested",
    "queued",
    "offered",
    "assigned",
    "charging",
    "paused",
    "completed",
    "cancelled",
    "expired",
    "failed",
    "refused",
    "rejected",
]


class ScoreParts(Shape):
    """The parts of a score. Each is higher for a driver who should charge sooner."""

    energy: Share | None
    """How little energy the driver received in congested hours."""
    waiting: Share | None
    """How long the driver has waited."""
    slack: Share | None
    """How little time is left before the car must be charged."""


class SignedValue(Shape):
    """A value that the charger's meter signed, as the charger sent it."""

    charger_id: str
    transaction_id: str
    moment: Literal["begin", "end"]
    """Of the transaction."""
    text: str
    """The signed value, e.g. OCMF, character by character: check its signature with this text."""
    measured_at: datetime
    """By the charger's clock."""
    received_at: datetime


class SignedValues(Shape):
    """The signed values of a session's transactions, the oldest first."""

    signed_values: list[SignedValue]


class Session(Shape):
    """A charging session, from the request to its end."""

    id: str
    vehicle_id: str | None
    """Null: no registered vehicle (a walk-up)."""
    vehicle_vin: str | None
    site_id: str | None
    state: SessionState
    reason: str | None
    """Why the session is in this state."""
    charger_id: str | None
    held_until: datetime | None
    """The charger is held for this session until then."""
    place: int | None
    """The place in the queue: 1 is next, 0: a charger is held for this session; null: not in the queue."""
    eta: datetime | None
    """The expected time of a free charger, for a session in the queue."""
    requested_soc: float | None
    """The requested charge level in %."""
    assigned_start: datetime | None
    assigned_end: datetime | None
    energy_kwh: float | None
    """The energy charged; null before the session has ended."""
    estimated: bool
    """Whether some of the energy is not known: what its meter reported can't all be so."""
    priority_tier: Tier | None
    """0: emergency, 1: fleet or granted review, 2: everybody."""
    score: Share | None
    """Within a tier, the session with the highest score is next."""
    score_parts: ScoreParts
    move_wanted: bool
    """Whether the car should free the charger."""


class Waiting(Shape):
    """A session in the queue. `session_id` and `vehicle_id` are null unless the caller may see the vehicle."""

    session_id: str | None
    vehicle_id: str | None
    tier: Tier | None
    """0: emergency, 1: fleet or granted review, 2: everybody."""
    state: SessionState
    place: int
    """1 is next; 0: a charger is held for this session."""
    charger_id: str | None
    held_until: datetime | None
    """The charger is held for this session until then."""
    eta: datetime | None
    """The expected time of a free charger."""
    score: Share | None
    """Within a tier, the session with the highest score is next."""
    score_parts: ScoreParts


class Queue(Shape):
    """The queue of a site, in order."""

    waiting: list[Waiting]
