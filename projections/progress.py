"""The progress of the read models: the applied offset of each partition, and the version that wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    inspect,
    select,
    text,
)

from projections.projection import METADATA, insert_new
from projections.version import version

CONSUMED = Table(
    "projection_consumed",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
)
VERSION = Table("projection_version", METADATA, Column("version", String, primary_key=True))

START = insert_new(CONSUMED)
ADVANCE = (
    CONSUMED.update()
    .where(
        CONSUMED.c.partition == bindparam("of_partition"),
        CONSUMED.c.offset == bindparam("from_offset"),
        exists().where(VERSION.c.version == bindparam("by_version")),
    )
    .values(offset=bindparam("to_offset"))
)
CHANNEL = "applied"
NOTIFY = select(func.pg_notify(func.concat(func.current_schema(), f".{CHANNEL}"), bindparam("applied")))
"""Sent when the transaction is committed. Shadow tables have a schema of their own, and so a channel of their own."""


class Overtaken(Exception):
    """Another projector has applied these events meanwhile, or rebuilt the read models."""


class Superseded(Exception):
    """Another build has rebuilt the read models: this one must stop writing them."""


def prepare(connection: Connection) -> None:
    """Create the tables. Those of another version are dropped first."""
    if _is_postgresql(connection):  # of several projectors at once one prepares; SQLite has one writer anyway
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(func.current_schema()))))
    METADATA.create_all(connection)
    if _made_by(connection) != version():
        rebuild(connection)


def rebuild(connection: Connection) -> None:
    """Drop all read models, and create them empty, in one transaction."""
    if _is_postgresql(connection):  # first, as projectors do, so that there is no deadlock
        connection.execute(text(f"LOCK TABLE {CONSUMED.name}"))
    connection.execute(delete(VERSION))  # on SQLite this begins the transaction: a DROP would not
    METADATA.drop_all(connection)
    METADATA.create_all(connection)
    connection.execute(insert(VERSION), {"version": version()})


def consumed(connection: Connection, partitions: Sequence[int]) -> dict[int, int]:
    """The last applied offset of each partition (0: none), for a projector. Raises `Superseded`."""
    if _made_by(connection) != version():
        raise Superseded("another build of Commonwatt has rebuilt the read models: stop this one, or restart it")
    connection.execute(START, [{"partition": partition, "offset": 0} for partition in partitions])
    return {row.partition: row.offset for row in connection.execute(select(CONSUMED))}


def exist(connection: Connection) -> bool:
    """Whether a projector has created the tables."""
    return inspect(connection).has_table(CONSUMED.name)


def applied(connection: Connection) -> dict[int, int]:
    """The last applied offset of each partition, for readers."""
    return {row.partition: row.offset for row in connection.execute(select(CONSUMED))}


def hold(connection: Connection) -> dict[int, int]:
    """The last applied offset of each partition, if the tables exist. Projectors wait until this transaction ends."""
    if not inspect(connection).has_table(CONSUMED.name):
        return {}
    if _is_postgresql(connection):
        connection.execute(text(f"LOCK TABLE {CONSUMED.name} IN EXCLUSIVE MODE"))
    return {row.partition: row.offset for row in connection.execute(select(CONSUMED))}


def advance(connection: Connection, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """Store the applied offsets, and notify listeners. Raises `Overtaken` if the offsets before differ."""
    for partition, offset in sorted(after.items()):
        step = {"of_partition": partition, "from_offset": before[partition], "to_offset": offset}
        if connection.execute(ADVANCE, {**step, "by_version": version()}).rowcount != 1:
            raise Overtaken
    if _is_postgresql(connection):
        connection.execute(NOTIFY, {"applied": json.dumps(after)})


def notified(text: str) -> dict[int, int]:
    """The applied offsets in a notification on `CHANNEL`."""
    return {int(partition): offset for partition, offset in json.loads(text).items()}


def _made_by(connection: Connection) -> str | None:
    return connection.scalar(select(VERSION.c.version))


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
