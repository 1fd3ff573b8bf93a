"""Enterprises: registered by one person, approved by another; an approval may be suspended and given again."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain.records.registry import (
    ApproveEnterprise,
    EnterpriseApproved,
    EnterpriseRegistered,
    EnterpriseSuspended,
    RegisterEnterprise,
)
from domain.registry import enterprise
from domain.registry.enterprise import Verification
from processors.registry.entity import Entity


class Enterprise(Entity):
    """An enterprise and whether it is verified."""

    @event("EnterpriseRegistered")
    def __init__(self, stream: str, record: EnterpriseRegistered, timestamp: datetime) -> None:
        super().__init__(stream, record, timestamp)
        self.enterprise = record
        self.verification: Verification = "pending"

    @classmethod
    def register(cls, stream: str, command: RegisterEnterprise, timestamp: datetime) -> Self:
        """Register an enterprise, which is not verified yet."""
        return cls(stream, EnterpriseRegistered(**command.__dict__), timestamp)

    def approve(self, command: ApproveEnterprise, timestamp: datetime) -> None:
        """Approve it with a quota, or change the quota. Raises `DomainError`."""
        self.approved(enterprise.approve(self.enterprise, command), timestamp)

    @event("EnterpriseApproved")
    def approved(self, record: EnterpriseApproved, timestamp: datetime) -> None:
        self.verification = "approved"

    def suspend(self, timestamp: datetime) -> None:
        """Take its approval back. Raises `DomainError` where it has none."""
        self.suspended(enterprise.suspend(self.enterprise, self.verification), timestamp)

    @event("EnterpriseSuspended")
    def suspended(self, record: EnterpriseSuspended, timestamp: datetime) -> None:
        self.verification = "suspended"
