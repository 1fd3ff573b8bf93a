"""`transactions`: the start and the end of each transaction of a charger."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, bindparam, or_, select

from domain.records.load import TransactionStarted, TransactionStopped
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new, rows

TRANSACTIONS = Table(
    "transactions",
    METADATA,
    Column("charger_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("started_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", String, nullable=False),
    Column("stopped_ms", BigInteger),
    Index("transactions_of_site", "site_id", "stopped_ms"),
)
PROJECTION = Projection(TRANSACTIONS, "load")
ADD = insert_new(TRANSACTIONS)
STOP = (
    TRANSACTIONS.update()
    .where(
        TRANSACTIONS.c.charger_id == bindparam("of_charger_id"),
        TRANSACTIONS.c.id == bindparam("of_id"),
        TRANSACTIONS.c.stopped_ms.is_(None),
    )
    .values(stopped_ms=bindparam("stopped_ms"))
)


@PROJECTION.on(TransactionStarted)
def _started(event: TransactionStarted, happened: Happened) -> Iterable[Change]:
    row = {
        "charger_id": event.charger_id,
        "id": event.transaction_id,
        "started_ms": happened.time_ms,
        "site_id": happened.key,
        "stopped_ms": None,
    }
    return [(ADD, row)] if event.duplicate_of is None else []


@PROJECTION.on(TransactionStopped)
def _stopped(event: TransactionStopped, happened: Happened) -> Iterable[Change]:
    ended = {"of_charger_id": event.charger_id, "of_id": event.transaction_id, "stopped_ms": happened.time_ms}
    return [(STOP, ended)]


BETWEEN = (
    select(TRANSACTIONS)
    .where(
        TRANSACTIONS.c.site_id == bindparam("site_id"),
        TRANSACTIONS.c.started_ms < bindparam("to_ms"),
        or_(TRANSACTIONS.c.stopped_ms.is_(None), TRANSACTIONS.c.stopped_ms > bindparam("from_ms")),
    )
    .order_by(TRANSACTIONS.c.started_ms)
)


def between(connection: Connection, site_id: str, from_ms: int, to_ms: int) -> list[Row]:
    """The transactions of a site that ran at some time from `from_ms` to before `to_ms`."""
    return rows(connection, BETWEEN, site_id=site_id, from_ms=from_ms, to_ms=to_ms)
