"""Say that an enterprise was verified: its vehicles may have priority, so many times in 24 h."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from commands.request import Request
from domain.records.registry import ApproveEnterprise

DAILY_GRANTS = 20


class ApprovalRequest(Request):
    """`daily_grants`: how often its vehicles may be granted priority in 24 h, all together."""

    daily_grants: Annotated[int, Field(strict=True)] = DAILY_GRANTS

    def command(self, enterprise_id: str) -> ApproveEnterprise:
        return ApproveEnterprise(enterprise_id=enterprise_id, daily_grants=self.daily_grants)
