"""The request that sets where a user is notified."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from commands.request import Request

Channel = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000, pattern=r"^[a-z0-9]+://\S+$")]


class NotificationsRequest(Request):
    """`urls` in the format of apprise. They contain credentials, so they are stored in the vault."""

    urls: Annotated[list[Channel], Field(min_length=1, max_length=5)]
