"""The parts of a read model: a table, and pure handlers from events to changes of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Executable, MetaData, Select, Table, Update, bindparam, or_
from sqlalchemy.dialects.postgresql import insert

from commands.ports.log import Position
from domain.records import Payload, Record

METADATA = MetaData()

Row = Mapping[str, Any]
Change = tuple[Executable, Row]
"""A statement and its parameters. Consecutive changes with the same statement run as one `executemany`."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its position on the log, and the key of its stream (`load:north` -> `north`)."""

    record: Record
    position: Position

    @property
    def key(self) -> str:
        """The key of the stream."""
        return self.record.stream.partition(":")[2]

    @property
    def time_ms(self) -> int:
        """The time of the event, in ms since 1970 UTC."""
        return self.record.time


Handler = Callable[[Any, Happened], Iterable[Change]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Projection:
    """A table, and how events change it. Only events of `processor` do (None: those of any)."""

    table: Table
    processor: str | None
    handlers: dict[type[Payload], Handler] = field(default_factory=dict)

    def on(self, *payloads: type[Payload]) -> Callable[[H], H]:
        """Register the handler of some event types."""

        def register(handler: H) -> H:
            self.handlers.update(dict.fromkeys(payloads, handler))
            return handler

        return register

    def changes(self, happened: Happened) -> Iterable[Change]:
        """The changes of an event."""
        handler = self.handlers.get(type(happened.record.data))
        processor = happened.record.stream.partition(":")[0]
        if handler is None or self.processor not in (None, processor):
            return ()
        return handler(happened.record.data, happened)


def upsert(table: Table, columns: Sequence[str]) -> Executable:
    """Insert a row, or set `columns` of the row with its primary key. Works on PostgreSQL and SQLite."""
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values({name: bindparam(name) for name in (*keys, *columns)})
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in columns}
    )


def one_of(column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
    """`column IN values`, in a form that `executemany` accepts."""
    return or_(*(column == value for value in values))


def insert_new(table: Table) -> Executable:
    """Insert a row, unless there is one with its primary key."""
    return insert(table).on_conflict_do_nothing(index_elements=[column.name for column in table.primary_key])


def change(table: Table, columns: Sequence[str], *, key: Sequence[str] = ("id",)) -> Update:
    """Set `columns` of the row whose `key` columns have the values of the parameters `of_<column>`."""
    where = [table.c[name] == bindparam(f"of_{name}") for name in key]
    return table.update().where(*where).values({name: bindparam(name) for name in columns})


def rows(connection: Connection, query: Select[Any], **parameters: Any) -> list[Row]:
    """All rows that a query finds, as mappings from column to value."""
    return [row._asdict() for row in connection.execute(query, parameters)]


def first(connection: Connection, query: Select[Any], **parameters: Any) -> Row | None:
    """The first row that a query finds, or None."""
    row = connection.execute(query, parameters).first()
    return None if row is None else row._asdict()
