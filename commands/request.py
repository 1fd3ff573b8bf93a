"""The base of all request bodies."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A validated request body. Unknown fields are refused: nothing is silently ignored. The docstring below a field
    is its description in the OpenAPI document.

    `field_names`: a rule's name of a field -> the request's (`limit_w` -> `limit_kw`), so that a rejection names the
    field that the client knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    field_names: ClassVar[dict[str, str]] = {}
