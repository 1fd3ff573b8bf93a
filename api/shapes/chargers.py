"""Chargers."""

from __future__ import annotations

from datetime import datetime

from api.shapes.sessions import SessionState
from api.shapes.shape import Shape


class Charger(Shape):
    """A charger and the session it serves. `session_id` is null unless the caller may see the vehicle."""

    id: str
    site_id: str
    ocpp_id: str
    max_kw: float
    """The highest power the charger can deliver."""
    status: str | None
    """The connector's status as OCPP 1.6 names it."""
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
    """The chargers of a site."""

    chargers: list[Charger]


class NewCharger(Shape):
    """A charger that was registered, with its OCPP credentials."""

    id: str
    ocpp_id: str
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
