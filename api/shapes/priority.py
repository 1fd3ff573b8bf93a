"""Priority: urgent reviews and the audit of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.shapes.shape import Shape, Tier
from domain.records.vehicles import Basis


class UrgentReview(Shape):
    """The outcome of an urgent review."""

    session_id: str
    status: Literal["granted", "denied", "pending"]
    reason: str
    tier: Tier | None
    """The tier that was granted: 0: emergency, 1: fleet or granted review."""
    valid_until: datetime | None
    """When the granted priority ends."""
    decide_by: datetime | None
    """When a pending review is denied unless an operator has decided it."""


class PendingReview(Shape):
    """A review that an operator must decide."""

    session_id: str
    vehicle_id: str
    soc: float | None
    """The charge level in %; null: unknown."""
    asked_for: str | None
    """The reason that the driver gave."""
    reason: str
    """Why no rule granted it."""
    decide_by: datetime
    """When the review is denied unless an operator has decided it."""


class PendingReviews(Shape):
    """The reviews that an operator must decide, the most urgent first."""

    reviews: list[PendingReview]


class PriorityDecision(Shape):
    """A decision about a vehicle's priority."""

    id: str
    vehicle_id: str
    vehicle_vin: str | None
    session_id: str | None
    site_id: str | None
    tier: Tier | None
    """0: emergency, 1: fleet or granted review; of an expired priority, the tier that ended."""
    soc: float | None
    """The charge level in % on which the decision rests; null: unknown."""
    location_zone: str | None
    """The zone on which the decision rests; null: unknown."""
    decision: str
    """`granted`, `denied`, `expired` or `pending`."""
    basis: Basis | None
    """A verified mission, a low charge level, or an operator's decision."""
    rule: str
    reason: str
    valid_until: datetime | None
    created_at: datetime


class PriorityDecisions(Shape):
    """The decisions about priority, newest first."""

    decisions: list[PriorityDecision]
