"""Accounts: drivers, administrators of enterprises, operators."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain.records.registry import AccountRegistered, RegisterAccount
from domain.registry.enterprise import check_account
from processors.registry.entity import Entity


class Account(Entity):
    """A person who may log in, with their role."""

    @event("AccountRegistered")
    def __init__(self, stream: str, record: AccountRegistered, timestamp: datetime) -> None:
        super().__init__(stream, record, timestamp)
        self.account = record

    @classmethod
    def register(cls, stream: str, command: RegisterAccount, timestamp: datetime) -> Self:
        """Register an account whose role and enterprise fit each other. Raises `DomainError`."""
        check_account(command)
        return cls(stream, AccountRegistered(**command.__dict__), timestamp)
