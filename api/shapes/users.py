"""Users, their tokens and their notification channels."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.shapes.shape import Shape
from domain.records.registry import Role


class Token(Shape):
    """A bearer token for the `Authorization` header."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_at: datetime


class NewUser(Shape):
    """A user who was registered."""

    id: str
    role: Role
    enterprise_id: str | None
    """The enterprise that an `enterprise_admin` administers; null for other roles."""


class User(NewUser):
    """A user."""

    email: str | None
    created_at: datetime


class Users(Shape):
    """All users."""

    users: list[User]


class Channel(Shape):
    """A service that notifications are sent to. Its address is never shown."""

    id: str
    service: str
    """The URL scheme of the service in apprise, e.g. `discord`."""


class Channels(Shape):
    """The services that the caller's notifications are sent to."""

    channels: list[Channel]
