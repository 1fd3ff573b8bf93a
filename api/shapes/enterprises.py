"""Enterprises and integration keys."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.shapes.shape import Shape
from domain.records.registry import EnterpriseKind


class NewEnterprise(Shape):
    """An enterprise that was registered and waits for approval."""

    id: str
    verification_status: Literal["pending"]


class Enterprise(Shape):
    """An enterprise."""

    id: str
    name: str | None
    type: EnterpriseKind
    """`emergency`: its vehicles on a mission have tier 0; `fleet`: tier 1."""
    verification_status: str
    """`pending`, `approved` or `suspended`."""
    domain: str | None
    daily_grants: int | None
    """How many times in 24 h its vehicles together may be granted priority."""
    created_at: datetime


class Enterprises(Shape):
    """All enterprises."""

    enterprises: list[Enterprise]


class Key(Shape):
    """A new integration key."""

    id: str
    key: str
    """The key itself. It is shown only in this answer."""
