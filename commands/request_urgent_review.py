"""The request of a driver for an urgent review: priority because of a low state of charge."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from commands.request import Request
from domain.records.vehicles import RequestUrgentReview

Reason = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
"""Free text, which is stored in the vault."""


class UrgentReviewRequest(Request):
    """`reason` is shown to the operator who may have to decide."""

    reason: Reason

    def command(self, session_id: str) -> RequestUrgentReview:
        """The command for the session."""
        return RequestUrgentReview(session_id=session_id)
