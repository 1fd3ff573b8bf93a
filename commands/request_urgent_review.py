"""A driver asks for priority because their car is low on charge."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from commands.request import Request
from domain.records.vehicles import RequestUrgentReview

Reason = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
"""Free text: it is stored in the vault, never in the log."""


class UrgentReviewRequest(Request):
    """A driver's request for priority."""

    reason: Reason
    """For the operator who may have to decide."""

    def command(self, session_id: str) -> RequestUrgentReview:
        """The command for the session."""
        return RequestUrgentReview(session_id=session_id)
