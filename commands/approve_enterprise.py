"""Approve an enterprise: its vehicles may be granted priority, a number of times in 24 h."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from commands.request import Request
from domain.records.registry import ApproveEnterprise

DAILY_GRANTS = 20


class ApprovalRequest(Request):
    """The approval of an enterprise."""

    daily_grants: Annotated[int, Field(strict=True)] = DAILY_GRANTS
    """How many times in 24 h its vehicles together may be granted priority."""

    def command(self, enterprise_id: str) -> ApproveEnterprise:
        """The command for the stream of the enterprise."""
        return ApproveEnterprise(enterprise_id=enterprise_id, daily_grants=self.daily_grants)
