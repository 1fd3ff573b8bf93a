"""Sites: a place with chargers behind one connection to the grid."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain.records.registry import RegisterSite, SiteRegistered
from domain.registry.site_tree import check_tree
from processors.registry.entity import Entity


class Site(Entity):
    """A site with its electrical tree."""

    @event("SiteRegistered")
    def __init__(self, stream: str, record: SiteRegistered, timestamp: datetime) -> None:
        super().__init__(stream, record, timestamp)
        self.site = record

    @classmethod
    def register(cls, stream: str, command: RegisterSite, timestamp: datetime) -> Self:
        """Register a site whose tree makes sense. Raises `DomainError`."""
        check_tree(command.nodes, command.firm_w, command.priority_reserve_w)
        return cls(stream, SiteRegistered(**command.__dict__), timestamp)
