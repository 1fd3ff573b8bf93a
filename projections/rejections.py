"""`rejections`: inputs that a rule rejected, with the reason."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, select

from domain.records.time import InputRejected
from projections.projection import METADATA, Change, Happened, Projection, Row, first, insert_new

REJECTIONS = Table(
    "rejections",
    METADATA,
    Column("input_id", String, primary_key=True),
    Column("stream", String, primary_key=True),
    Column("correlation_id", String, nullable=False, index=True),
    Column("input_type", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("field", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
)
PROJECTION = Projection(REJECTIONS, None)
ADD = insert_new(REJECTIONS)


@PROJECTION.on(InputRejected)
def _rejected(event: InputRejected, happened: Happened) -> Iterable[Change]:
    row = {
        "input_id": event.input_id,
        "stream": happened.record.stream,
        "correlation_id": happened.record.correlationid,
        "input_type": event.input_type,
        "rule": event.rule,
        "field": event.field,
        "reason": event.reason,
        "time_ms": happened.time_ms,
    }
    return [(ADD, row)]


CAUSED_BY = (
    select(REJECTIONS)
    .where(REJECTIONS.c.correlation_id == bindparam("correlation_id"))
    .order_by(REJECTIONS.c.time_ms)
    .limit(1)
)


def caused_by(connection: Connection, command_id: str) -> Row | None:
    """The first rejection that a command caused, or None."""
    return first(connection, CAUSED_BY, correlation_id=command_id)
