"""Entities: what the aggregates of the registry have in common, and their state as it is committed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self
from uuid import NAMESPACE_OID, UUID, uuid5

from eventsourcing.domain import Aggregate, Snapshot
from eventsourcing.utils import get_topic

from domain.records import Payload
from domain.records.registry import (
    AccountRegistered,
    ChargerRegistered,
    EnterpriseRegistered,
    SiteRegistered,
    VehicleRegistered,
)
from domain.registry.enterprise import Verification


@dataclass(frozen=True, slots=True)
class EntityState:
    """The attributes of an entity under their names; None for those that its kind does not have.

    `stream` is its key in the registry, e.g. `site:north`; `version` is the number of its events, 0 before the first.
    """

    stream: str
    version: int = 0
    site: SiteRegistered | None = None
    charger: ChargerRegistered | None = None
    vehicle: VehicleRegistered | None = None
    account: AccountRegistered | None = None
    enterprise: EnterpriseRegistered | None = None
    verification: Verification | None = None


ATTRIBUTES = tuple(field.name for field in fields(EntityState) if field.name != "version")


class Entity(Aggregate):
    """An aggregate of the registry: each of its events carries a record and has the name of the record's class.

    A method under `@event` is the one place that defines how its record changes the entity, when it is decided and when
    it is read back from the log. The id follows from the stream, and every time is given: nothing here reads a clock.
    """

    class Event(Aggregate.Event):
        """An event of an entity, with the registry's record of it."""

        record: Payload

        @staticmethod
        def create_timestamp() -> datetime:
            """Raise `TypeError`: a time that nobody gave would differ when the command is decided again."""
            raise TypeError("an event of the registry is given its timestamp")

    def __init__(self, stream: str, record: Payload, timestamp: datetime) -> None:
        self.stream = stream

    @staticmethod
    def create_id(stream: str) -> UUID:
        """The id that the library asks for: the UUIDv5 of the stream."""
        return uuid5(NAMESPACE_OID, stream)

    @classmethod
    @abstractmethod
    def register(cls, stream: str, command: Any, timestamp: datetime) -> Self:
        """Register what the command describes. Raises `DomainError` where that makes no sense."""

    @classmethod
    def restored(cls, state: EntityState, timestamp: datetime) -> Self:
        """The entity as `state` has it."""
        attributes = {name: value for name in ATTRIBUTES if (value := getattr(state, name)) is not None}
        snapshot = Snapshot(cls.create_id(state.stream), state.version, timestamp, get_topic(cls), attributes)
        entity = snapshot.mutate(None)
        assert isinstance(entity, cls)
        return entity

    @classmethod
    def after(cls, state: EntityState, record: Payload, timestamp: datetime) -> EntityState:
        """The state after the event that carried this record of the log."""
        if state.version == 0:
            return cls(state.stream, record, timestamp).state
        entity = cls.restored(state, timestamp)
        event = getattr(cls, type(record).__name__)
        event(entity.id, entity.version + 1, timestamp, record).mutate(entity)
        return entity.state

    @property
    def state(self) -> EntityState:
        """The state as it is committed."""
        attributes = {name: value for name, value in vars(self).items() if name in ATTRIBUTES}
        return EntityState(version=self.version, **attributes)

    def records(self) -> list[Payload]:
        """The records of the events that were decided since this was last asked."""
        return [event.record for event in self.collect_events() if isinstance(event, Entity.Event)]


def timestamp(time_ms: int) -> datetime:
    """Milliseconds since 1970 UTC, as the library has times."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)
