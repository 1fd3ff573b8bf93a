"""The base of all request bodies."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A validated request body. Unknown fields are refused, so that nothing is ignored silently.

    `field_names` maps a field that a rule names to the field of the request it came from (`limit_w` to `limit_kw`), so
    that a rejection names a field that the client knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field_names: ClassVar[dict[str, str]] = {}
