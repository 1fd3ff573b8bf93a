"""Somebody says where she wants to be notified."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from commands.request import Request

Channel = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000, pattern=r"^[a-z0-9]+://\S+$")]


class NotificationsRequest(Request):
    """`urls` as apprise writes them: they hold credentials, and stay in the vault."""

    urls: Annotated[list[Channel], Field(min_length=1, max_length=5)]
