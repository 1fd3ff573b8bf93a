"""`alarms`: the alarms of each site, open and ended ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, bindparam, select

from domain.records.load import AlarmCleared, AlarmRaised
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new, rows

State = Literal["open", "ended", "all"]
WHOLE_SITE = ""
"""In place of an outlet, where an alarm is about the site."""
ALARMS = Table(
    "alarms",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", String, nullable=False),
    Column("charger_id", String, nullable=False),
    Column("code", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Index("alarms_of_site", "site_id", "since_ms"),
    Index("alarms_of_outlet", "charger_id", "code"),
)
PROJECTION = Projection(ALARMS, "load")
ADD = insert_new(ALARMS)
END = (
    ALARMS.update()
    .where(
        ALARMS.c.site_id == bindparam("of_site_id"),
        ALARMS.c.charger_id == bindparam("of_charger_id"),
        ALARMS.c.code == bindparam("of_code"),
        ALARMS.c.ended_ms.is_(None),
    )
    .values(ended_ms=bindparam("at_ms"))
)


@PROJECTION.on(AlarmRaised)
def _raised(event: AlarmRaised, happened: Happened) -> Iterable[Change]:
    row = {
        "partition": happened.position.partition,
        "offset": happened.position.offset,
        "site_id": happened.key,
        "charger_id": event.charger_id or WHOLE_SITE,
        "code": event.code,
        "detail": event.detail,
        "since_ms": happened.time_ms,
    }
    return [(ADD, row)]


@PROJECTION.on(AlarmCleared)
def _cleared(event: AlarmCleared, happened: Happened) -> Iterable[Change]:
    named = {"of_site_id": happened.key, "of_charger_id": event.charger_id or WHOLE_SITE, "of_code": event.code}
    return [(END, {**named, "at_ms": happened.time_ms})]


NEWEST_FIRST = select(ALARMS).order_by(ALARMS.c.since_ms.desc(), ALARMS.c.code, ALARMS.c.charger_id)
OPEN = ALARMS.c.ended_ms.is_(None)
OF_OUTLET = NEWEST_FIRST.where(ALARMS.c.charger_id == bindparam("charger_id"), OPEN)
OF_SITE = NEWEST_FIRST.where(ALARMS.c.site_id == bindparam("site_id")).limit(bindparam("limit"))
BY_STATE = {"open": OF_SITE.where(OPEN), "ended": OF_SITE.where(~OPEN), "all": OF_SITE}


def open_ones(connection: Connection, charger_id: str) -> list[Row]:
    """The open alarms about an outlet, the newest first."""
    return rows(connection, OF_OUTLET, charger_id=charger_id)


def of_site(connection: Connection, site_id: str, state: State, limit: int) -> list[Row]:
    """The newest alarms about a site and its outlets that are in a state, the newest first."""
    return rows(connection, BY_STATE[state], site_id=site_id, limit=limit)
