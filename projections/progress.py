"""How far the read models have come: the consumed offset of each partition, and the version that wrote them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, bindparam, delete, insert, select

from projections.projection import METADATA, insert_new

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
    .where(CONSUMED.c.partition == bindparam("of_partition"), CONSUMED.c.offset == bindparam("from_offset"))
    .values(offset=bindparam("to_offset"))
)


class Overtaken(Exception):
    """Somebody else applied these events meanwhile."""


def version() -> str:
    """A hash of the projections' own text: what another text made is made again."""
    sources = sorted(path for path in files("projections").iterdir() if path.name.endswith(".py"))
    digest = hashlib.blake2b(digest_size=8)
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def prepare(connection: Connection) -> None:
    """Create the tables; where another version made them, drop them first, to be filled from the start."""
    METADATA.create_all(connection)
    made_by = connection.execute(select(VERSION.c.version)).scalars().all()
    if made_by != [version()]:
        rebuild(connection)


def rebuild(connection: Connection) -> None:
    """Drop every read model and start again from the first event."""
    METADATA.drop_all(connection)
    METADATA.create_all(connection)
    connection.execute(delete(VERSION))
    connection.execute(insert(VERSION), {"version": version()})


def consumed(connection: Connection, partitions: Sequence[int]) -> dict[int, int]:
    """The last offset of each partition that has been applied (0: none)."""
    connection.execute(START, [{"partition": partition, "offset": 0} for partition in partitions])
    return {row.partition: row.offset for row in connection.execute(select(CONSUMED))}


def advance(connection: Connection, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """Note what is applied. Raises `Overtaken` where it is not what it was before."""
    for partition, offset in after.items():
        step = {"of_partition": partition, "from_offset": before[partition], "to_offset": offset}
        if connection.execute(ADVANCE, step).rowcount != 1:
            raise Overtaken
