"""Read models for tests: events are applied without a log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.schema import Table

from adapters.database import Database
from commands.log.codec import entry
from commands.log.topics import partition_of
from commands.ports.log import Position, Stored
from domain.records import Payload, Record, input_record
from projections import progress
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from projections.runner import Projector

PARTITIONS = 4
_numbers = count(1)


def event(stream: str, payload: Payload, time_ms: int = 1_000, *, correlation_id: str = "") -> Record:
    """What a processor would write because of the command `correlation_id`."""
    record = input_record(f"event-{next(_numbers)}", "/processors", stream, time_ms, payload, actor="key:test")
    return record._replace(build="b1", correlationid=correlation_id or record.id)


class Partitions:
    """As much of a log as `Projector.apply` needs."""

    def partitions(self, topic: str) -> int:
        return PARTITIONS


class ReadModels:
    """A projector and its tables, to which a test applies events."""

    def __init__(self, database: Database, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self.database = database
        self.projector = Projector(Partitions(), database, projections)
        self.offset = 0

    async def start(self) -> ReadModels:
        await self.database.write(progress.prepare)
        await self.projector._read_position()
        return self

    async def apply(self, stream: str, *payloads: Payload, time_ms: int = 1_000) -> None:
        await self.projector.apply([self.stored(event(stream, payload, time_ms)) for payload in payloads])

    def stored(self, record: Record) -> Stored:
        self.offset += 1
        kept = entry(record)
        return Stored(Position(partition_of(record.stream, PARTITIONS), self.offset), kept.key, kept.body)

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        query = select(table).order_by(*table.primary_key)
        return await self.database.read(lambda connection: [dict(row) for row in connection.execute(query).mappings()])
