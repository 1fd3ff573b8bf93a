"""A driver asks for priority because their car is low on charge."""

from __future__ import annotations

from commands.reason import Reason
from commands.request import Request
from domain.records.vehicles import RequestUrgentReview


class UrgentReviewRequest(Request):
    """A driver's request for priority."""

    reason: Reason
    """For the operator who may have to decide."""

    def command(self, session_id: str) -> RequestUrgentReview:
        """The command for the session."""
        return RequestUrgentReview(session_id=session_id)
