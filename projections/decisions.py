"""`decisions`: each decision with its rule and its reason."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, bindparam, select

from domain.records import TYPES, Decision
from projections.projection import METADATA, Change, Happened, Projection, Row, first, insert_new, rows

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("stream", String, nullable=False),
    Column("key", String, nullable=False),
    Column("charger_id", String),
    Column("session_id", String),
    Column("rule", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("causationid", String, nullable=False),
    Index("decisions_of_key", "key", "time_ms"),
    Index("decisions_by_id", "id"),
)
PROJECTION = Projection(DECISIONS, None)
ADD = insert_new(DECISIONS)


@PROJECTION.on(*(payload for payload in TYPES.values() if issubclass(payload, Decision)))
def _decided(event: Decision, happened: Happened) -> Iterable[Change]:
    row = {
        "partition": happened.position.partition,
        "offset": happened.position.offset,
        "id": happened.record.id,
        "type": happened.record.type,
        "time_ms": happened.time_ms,
        "stream": happened.record.stream,
        "key": getattr(event, "site_id", None) or happened.key,
        "charger_id": getattr(event, "charger_id", None),
        "session_id": getattr(event, "session_id", None),
        "rule": event.rule,
        "reason": event.reason,
        "causationid": happened.record.causationid,
    }
    return [(ADD, row)]


LATEST = (
    select(DECISIONS)
    .where(DECISIONS.c.key == bindparam("key"))
    .order_by(DECISIONS.c.time_ms.desc(), DECISIONS.c.partition.desc(), DECISIONS.c.offset.desc())
    .limit(bindparam("limit"))
)


def latest(connection: Connection, site_id: str, limit: int) -> list[Row]:
    """The newest decisions of a site's streams (`sites:<id>`, `load:<id>`), and those about priority there."""
    return rows(connection, LATEST, key=site_id, limit=limit)


BY_ID = select(DECISIONS).where(DECISIONS.c.id == bindparam("id")).limit(1)


def find(connection: Connection, event_id: str) -> Row | None:
    """The decision that the event with this id holds, with the position of the event on the log."""
    return first(connection, BY_ID, id=event_id)
