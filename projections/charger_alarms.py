"""`charger_alarms`: the open alarms about each outlet."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, select

from domain.records.load import AlarmCleared, AlarmRaised
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new, rows

CHARGER_ALARMS = Table(
    "charger_alarms",
    METADATA,
    Column("charger_id", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("detail", String, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
PROJECTION = Projection(CHARGER_ALARMS, "load")
ADD = insert_new(CHARGER_ALARMS)
REMOVE = CHARGER_ALARMS.delete().where(
    CHARGER_ALARMS.c.charger_id == bindparam("of_charger_id"), CHARGER_ALARMS.c.code == bindparam("of_code")
)


@PROJECTION.on(AlarmRaised)
def _raised(event: AlarmRaised, happened: Happened) -> Iterable[Change]:
    if event.charger_id is not None:
        row = {"charger_id": event.charger_id, "code": event.code, "detail": event.detail}
        yield ADD, {**row, "since_ms": happened.time_ms}


@PROJECTION.on(AlarmCleared)
def _cleared(event: AlarmCleared, _: Happened) -> Iterable[Change]:
    if event.charger_id is not None:
        yield REMOVE, {"of_charger_id": event.charger_id, "of_code": event.code}


OPEN = (
    select(CHARGER_ALARMS)
    .where(CHARGER_ALARMS.c.charger_id == bindparam("charger_id"))
    .order_by(CHARGER_ALARMS.c.since_ms.desc(), CHARGER_ALARMS.c.code)
)


def open_ones(connection: Connection, charger_id: str) -> list[Row]:
    """The open alarms about an outlet, the newest first."""
    return rows(connection, OPEN, charger_id=charger_id)
