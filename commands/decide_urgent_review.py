"""The request of an operator that decides an urgent review."""

from __future__ import annotations

from pydantic import Field

from commands.reason import Reason
from commands.request import Request
from domain.records.vehicles import DecideUrgentReview


class UrgentReviewDecision(Request):
    """An operator's decision on an urgent review, and the reason."""

    granted: bool = Field(strict=True)
    reason: Reason

    def command(self, session_id: str) -> DecideUrgentReview:
        """The command for the session under review."""
        return DecideUrgentReview(session_id=session_id, granted=self.granted)
