"""Enterprises: registered by one person, approved by another; only approved ones may have priority."""

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


def check_registered(enterprise: EnterpriseRegistered | None) -> None:
    """Raise `DomainError` where there is no such enterprise."""
    if enterprise is None:
        raise DomainError("this enterprise is not registered", field="enterprise_id", rule=RULE)


def approve(enterprise: EnterpriseRegistered, command: ApproveEnterprise) -> EnterpriseApproved:
    """The approval, with a quota; a second one changes it. Raises `DomainError` for a quota out of range."""
    if not 1 <= command.daily_grants <= MOST_DAILY_GRANTS:
        raise DomainError(f"must lie in 1..{MOST_DAILY_GRANTS}", field="daily_grants", rule=RULE)
    return EnterpriseApproved(
        enterprise_id=enterprise.enterprise_id, kind=enterprise.kind, daily_grants=command.daily_grants
    )


def suspend(enterprise: EnterpriseRegistered, verification: Verification) -> EnterpriseSuspended:
    """The suspension of an approval. Raises `DomainError` where there is none."""
    if verification != "approved":
        raise DomainError(f"this enterprise is {verification}, not approved", field="enterprise_id", rule=RULE)
    return EnterpriseSuspended(enterprise_id=enterprise.enterprise_id)


def check_account(account: RegisterAccount) -> None:
    """Raise `DomainError` unless exactly the administrators of enterprises name one."""
    if (account.role == "enterprise_admin") != (account.enterprise_id is not None):
        reason = "is for administrators of an enterprise, and they need one"
        raise DomainError(reason, field="enterprise_id", rule=RULE)
