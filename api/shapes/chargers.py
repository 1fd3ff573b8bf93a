"""Chargers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.shapes.alarms import Alarm
from api.shapes.sessions import SessionState
from api.shapes.shape import Shape


class Charger(Shape):
    """An outlet of a charger and the session it serves. `session_id` is null unless the caller may see the vehicle."""

    id: str
    """The outlet: the charger's id where it has one connector, `CHARGER:CONNECTOR` where it has several."""
    charger_id: str
    connector_id: int
    """The number of the connector by OCPP 1.6, or of the EVSE by OCPP 2."""
    site_id: str
    ocpp_id: str
    max_kw: float
    """The highest power the outlet can deliver."""
    status: str | None
    """The connector's status as OCPP 1.6 names it, or the charger's where it can't charge as a whole."""
    connected: bool
    """Whether the charger has an OCPP connection."""
    obedience: str
    """`proven`: meter values have shown that the charger follows its limits; otherwise `unproven`."""
    session_id: str | None
    session_state: SessionState | None
    move_wanted: bool
    """Whether the car should free the charger."""
    limit_a: float | None
    """The limit per phase; null where no limit is set."""
    free_at: datetime | None
    """The expected time at which the charger is free again."""


class Chargers(Shape):
    """The outlets of a site's chargers."""

    chargers: list[Charger]


class NewCharger(Shape):
    """A charger that was registered, with its OCPP credentials."""

    id: str
    ocpp_id: str
    """The identity by which it connects, at the end of the OCPP address."""
    outlets: list[str]
    """The ids of its outlets, one for each connector."""
    password: str
    """The password of the charger's OCPP connection (security profile 1). It is shown only in this answer.

    These are the 40 digits of an AuthorizationKey; a charger may send them, in either case, or the 20 bytes.
    """
    password_text: str
    """The same password as a text of 20 characters, for chargers that hold no more."""


class Commissioning(Shape):
    """A commissioning test that was opened, and when it ends."""

    charger_id: str
    expires_at: datetime


class Command(Shape):
    """A command to a charger."""

    command_id: str


class ChargerEvent(Shape):
    """An event about an outlet, in words."""

    id: str
    time: datetime
    type: str
    tone: Literal["plain", "good", "warn", "bad"]
    text: str
    """What happened; of a reading that is refused: what the charger sent, and why it is not believed."""
    note: str | None
    """The reason that an operator gave for it."""


class ChargerNow(Charger):
    """An outlet in detail: why it is in its state."""

    min_a: float
    max_a: float
    transaction_id: str | None
    """The transaction that is open; null: none."""
    void_reason: str | None
    """Why it has to prove itself anew that had proven itself, or was found to exceed its limit."""
    exceeds: Literal["limit", "rating"] | None
    """What it has drawn more than: such an outlet gets no current until it is trusted again."""
    clock_offset_s: float | None
    """How far its clock is behind; negative: ahead; null: not known to be off."""
    alarms: list[Alarm]
    """The open alarms, the newest first."""
    events: list[ChargerEvent]
    """The latest events, the newest first."""


class ChargerChange(Shape):
    """What an operator did to an outlet. `outcome` in words; null: stored, not decided yet."""

    charger_id: str
    outcome: str | None
