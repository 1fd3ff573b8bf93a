"""JSON responses."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response


def encode(value: Any) -> bytes:
    """A value as JSON."""
    return orjson.dumps(value)


class Json(Response):
    """A JSON response by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encode(content)
