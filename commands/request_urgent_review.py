"""A driver asks for priority because she runs low."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from commands.request import Request
from domain.records.vehicles import RequestUrgentReview

Reason = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
"""Free words: they stay in the vault."""


class UrgentReviewRequest(Request):
    """`reason` is for the operator who may have to decide."""

    reason: Reason

    def command(self, session_id: str) -> RequestUrgentReview:
        return RequestUrgentReview(session_id=session_id)
