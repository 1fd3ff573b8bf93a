"""Enterprises: registered by one hand, verified by another; only approved ones may have priority."""

from __future__ import annotations

from typing import Literal

from domain.errors import DomainError
from domain.records.registry import (
    ApproveEnterprise,
    EnterpriseApproved,
    EnterpriseRegistered,
    EnterpriseSuspended,
    RegisterAccount,
)

RULE = "registry.enterprise.v1"
MOST_DAILY_GRANTS = 10_000
Verification = Literal["pending", "approved", "suspended"]


def approve(enterprise: EnterpriseRegistered | None, asked: ApproveEnterprise) -> EnterpriseApproved:
    """Verified, with a quota; again with another quota changes that. Raises `DomainError`."""
    known = _known(enterprise)
    if not 1 <= asked.daily_grants <= MOST_DAILY_GRANTS:
        raise DomainError(f"must lie in 1..{MOST_DAILY_GRANTS}", field="daily_grants", rule=RULE)
    return EnterpriseApproved(enterprise_id=known.enterprise_id, kind=known.kind, daily_grants=asked.daily_grants)


def suspend(enterprise: EnterpriseRegistered | None, verification: Verification) -> EnterpriseSuspended:
    """Its approval is taken back. Raises `DomainError` where it has none."""
    known = _known(enterprise)
    if verification != "approved":
        raise DomainError(f"this enterprise is {verification}, not approved", field="enterprise_id", rule=RULE)
    return EnterpriseSuspended(enterprise_id=known.enterprise_id)


def _known(enterprise: EnterpriseRegistered | None) -> EnterpriseRegistered:
    if enterprise is None:
        raise DomainError("this enterprise is not registered", field="enterprise_id", rule=RULE)
    return enterprise


def check_account(asked: RegisterAccount) -> None:
    """Raise `DomainError` unless exactly the administrators of enterprises name one."""
    if (asked.role == "enterprise_admin") != (asked.enterprise_id is not None):
        reason = "is for administrators of an enterprise, and they need one"
        raise DomainError(reason, field="enterprise_id", rule=RULE)
