"""What every request body has in common."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A validated wish from outside. Unknown fields are refused: nothing is silently ignored.

    `said_as` tells how the request calls what a rule calls otherwise (`limit_w` was `limit_kw`), so that a rejection
    names the field that the client knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    said_as: ClassVar[dict[str, str]] = {}
