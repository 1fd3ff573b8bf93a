"""A user sets their notification channels."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from commands.request import Request

Channel = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000, pattern=r"^[a-z0-9]+://\S+$")]


class NotificationsRequest(Request):
    """The notification channels of a user."""

    urls: Annotated[list[Channel], Field(min_length=1, max_length=5)]
    """apprise URLs. They hold credentials and are stored in the vault."""
