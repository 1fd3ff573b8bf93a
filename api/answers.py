"""What a route answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response


def encode(value: Any) -> bytes:
    return orjson.dumps(value)


class Json(Response):
    """A JSON response by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encode(content)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be remembered. `final` False: not decided yet, so asking again may tell more."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    final: bool = True
