"""Errors."""

from __future__ import annotations

from pydantic import Field

from api.shapes.shape import Shape


class FieldError(Shape):
    """One field that is wrong, and why."""

    field: str
    """The field's name in the request; nested fields are joined by dots: `nodes.0.limit_a`."""
    reason: str


class Problem(Shape):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = Field(default=[])
    """The fields that are wrong, where fields are."""
    rule: str = ""
    """The rule that rejected the request, where a rule did."""
