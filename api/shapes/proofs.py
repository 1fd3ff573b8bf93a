"""Proofs: a decision and what its rule says when it is called again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.shapes.shape import Shape


class DecisionProof(Shape):
    """A recorded decision, and the outcome of its rule when it is called again with the recorded inputs."""

    event_id: str
    type: str
    time: datetime
    stream: str
    rule: str
    reason: str
    equal: bool | None
    """Whether the rule gave the recorded outcome again; null: it can't be called again."""
    unprovable: str | None
    """Why the rule can't be called again; null: it was."""
    inputs: dict[str, Any] | None
    """What the rule was called with, in the units of the events (mA, W, ms, permille); null: it can't be called."""
    recorded: Any
    """The outcome that was recorded; null: the rule can't be called again."""
    again: Any
    """The outcome of the second call."""
