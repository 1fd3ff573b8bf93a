"""What answers look like, for the OpenAPI document. Null: unknown, or not for whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from commands.ports.series import TelemetryType
from domain.records.observations import ReadingSource
from domain.records.registry import EnterpriseKind, Role
from domain.records.vehicles import Basis
from domain.series.reading_buckets import SampledType

Share = Annotated[float, Field(ge=0, le=1)]
Tier = Annotated[int, Field(ge=0, le=2)]
"""0: emergency, 1: fleet or granted review, 2: everybody."""
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


class FieldError(BaseModel):
    """`field` as the client called it; nested ones with dots: `nodes.0.limit_a`."""

    field: str
    reason: str


class Problem(BaseModel):
    """Problem details (RFC 9457). `errors` names the fields that are to blame, `rule` the rule that said no."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []
    rule: str = ""


class Token(BaseModel):
    access_token: str
    token_type: Literal["Bearer"]
    expires_at: datetime


class Channel(BaseModel):
    """Where notifications go: `service` as apprise calls it, without the address."""

    id: str
    service: str


class Channels(BaseModel):
    channels: list[Channel]


class Named(BaseModel):
    """What was registered."""

    id: str


class ScoreParts(BaseModel):
    """Why the score is what it is: received little in congested hours, waited long, has little slack."""

    energy: Share | None
    waiting: Share | None
    slack: Share | None


class Session(BaseModel):
    """`place` 1 is next, 0: a charger is held for it; `energy_kwh` is known at the end."""

    id: str
    vehicle_id: str | None
    vehicle_vin: str | None
    site_id: str | None
    state: SessionState
    reason: str | None
    charger_id: str | None
    held_until: datetime | None
    place: int | None
    eta: datetime | None
    requested_soc: float | None
    assigned_start: datetime | None
    assigned_end: datetime | None
    energy_kwh: float | None
    priority_tier: Tier | None
    score: Share | None
    score_parts: ScoreParts
    move_wanted: bool


class Waiting(BaseModel):
    """Somebody in the queue; whose session it is only where that may be known."""

    session_id: str | None
    vehicle_id: str | None
    tier: Tier | None
    state: SessionState
    place: int
    charger_id: str | None
    held_until: datetime | None
    eta: datetime | None
    score: Share | None
    score_parts: ScoreParts


class Queue(BaseModel):
    waiting: list[Waiting]


class UrgentReview(BaseModel):
    session_id: str
    status: Literal["granted", "denied", "pending"]
    reason: str
    tier: Tier | None
    valid_until: datetime | None
    decide_by: datetime | None


class PendingReview(BaseModel):
    """A review that an operator has to decide; `asked_for` are the driver's words, `reason` why no rule granted it."""

    session_id: str
    vehicle_id: str
    soc: float | None
    asked_for: str | None
    reason: str
    decide_by: datetime


class PendingReviews(BaseModel):
    reviews: list[PendingReview]


class Node(BaseModel):
    """A point where current is limited: per phase, in total, or both."""

    id: str
    parent: str | None
    kind: str
    limit_a: list[float] | None
    limit_kw: float | None


class Site(BaseModel):
    id: str
    location: str
    max_kw: float | None
    firm_kw: float
    priority_reserve_kw: float
    nodes: list[Node]


class PromisedLimit(BaseModel):
    """A cap; `holds_from`: when it holds at the latest, `guaranteed`: whatever chargers do."""

    cap_id: str
    limit_kw: float
    holds_from: datetime | None
    guaranteed: bool | None
    reason: str | None


class GridLimit(PromisedLimit):
    starts_at: datetime
    ends_at: datetime | None


class SiteNow(Site):
    """A site with the caps that hold now or later."""

    grid_limits: list[GridLimit]


class Sites(BaseModel):
    sites: list[Site]


class Charger(BaseModel):
    """`limit_a` per phase, null where no limit is desired."""

    id: str
    site_id: str
    ocpp_id: str
    max_kw: float
    status: str | None
    connected: bool
    obedience: str
    session_id: str | None
    session_state: SessionState | None
    move_wanted: bool
    limit_a: float | None
    free_at: datetime | None


class Chargers(BaseModel):
    chargers: list[Charger]


class NewCharger(BaseModel):
    """`password`: of the charger's OCPP connection (security profile 1), shown this once."""

    id: str
    ocpp_id: str
    password: str


class Commissioning(BaseModel):
    charger_id: str
    expires_at: datetime


class Command(BaseModel):
    command_id: str


class Decision(BaseModel):
    id: str
    type: str
    time: datetime
    stream: str
    charger_id: str | None
    session_id: str | None
    rule: str | None
    reason: str | None
    causationid: str


class Decisions(BaseModel):
    decisions: list[Decision]


class LoadPoint(BaseModel):
    time: datetime
    load_kw: float | None
    limit_kw: float | None


class Load(BaseModel):
    step_s: int
    points: list[LoadPoint]


class Vehicle(BaseModel):
    id: str
    vin: str | None
    owner_user_id: str | None
    enterprise_id: str | None
    priority_eligible: bool
    battery_kwh: float | None
    max_a: float | None
    phases: int


class Vehicles(BaseModel):
    vehicles: list[Vehicle]


class Received(BaseModel):
    reading_id: str
    received_at: datetime


class TelemetryEvent(BaseModel):
    id: str
    vehicle_id: str
    vehicle_vin: str | None
    type: TelemetryType
    value: Any
    timestamp: datetime
    received_at: datetime
    source: ReadingSource


class Telemetry(BaseModel):
    telemetry: list[TelemetryEvent]


class TelemetryBucket(BaseModel):
    """What was told from `from` on and before `to`: how often, and the values (%, km, or yes and no)."""

    vehicle_id: str
    vehicle_vin: str | None
    type: SampledType
    from_: datetime = Field(alias="from")
    to: datetime
    count: int
    mean: float
    """Of a yes or no: the share of yes."""
    min: float | bool
    max: float | bool
    last: float | bool


class CoarseTelemetry(BaseModel):
    telemetry: list[TelemetryBucket]


class PriorityDecision(BaseModel):
    id: str
    vehicle_id: str
    vehicle_vin: str | None
    session_id: str | None
    site_id: str | None
    tier: Tier | None
    soc: float | None
    location_zone: str | None
    decision: str
    basis: Basis | None
    rule: str
    reason: str
    valid_until: datetime | None
    created_at: datetime


class PriorityDecisions(BaseModel):
    decisions: list[PriorityDecision]


class NewUser(BaseModel):
    id: str
    role: Role
    enterprise_id: str | None


class User(NewUser):
    email: str | None
    created_at: datetime


class Users(BaseModel):
    users: list[User]


class NewEnterprise(BaseModel):
    id: str
    verification_status: Literal["pending"]


class Enterprise(BaseModel):
    id: str
    name: str | None
    type: EnterpriseKind
    verification_status: str
    domain: str | None
    daily_grants: int | None
    created_at: datetime


class Enterprises(BaseModel):
    enterprises: list[Enterprise]


class Key(BaseModel):
    """`key` is shown this once."""

    id: str
    key: str
