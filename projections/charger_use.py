"""`charger_use`: the session that each charger is reserved for, serves, or is occupied by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, String, Table, bindparam

from domain.records import sites as events
from projections.projection import METADATA, Change, Happened, Projection, change, insert_new

CHARGER_USE = Table(
    "charger_use",
    METADATA,
    Column("charger_id", String, primary_key=True),
    Column("site_id", String, nullable=False, index=True),
    Column("session_id", String, index=True),
    Column("move_wanted", Boolean, nullable=False),
    Column("free_at_ms", BigInteger),
)
PROJECTION = Projection(CHARGER_USE, "sites")

ADD = insert_new(CHARGER_USE)
USE = change(CHARGER_USE, ["session_id", "move_wanted"], key=("charger_id",))
FREE_OF_SESSION = (
    CHARGER_USE.update()
    .where(CHARGER_USE.c.session_id == bindparam("of_session_id"))
    .values(session_id=None, move_wanted=False)
)
SET_FREE_AT = change(CHARGER_USE, ["free_at_ms"], key=("charger_id",))


@PROJECTION.on(events.SiteChargerAdded)
def _added(event: events.SiteChargerAdded, happened: Happened) -> Iterable[Change]:
    row = {"charger_id": event.charger_id, "site_id": happened.key, "move_wanted": False}
    return [(ADD, row)]


@PROJECTION.on(events.SessionOffered, events.SessionCharging)
def _used(event: Any, _: Happened) -> Iterable[Change]:
    return [_use(event.charger_id, event.session_id)]


@PROJECTION.on(events.SessionSnoozed, events.SessionRequeued, events.SessionEnded)
def _given_back(event: Any, _: Happened) -> Iterable[Change]:
    return [(FREE_OF_SESSION, {"of_session_id": event.session_id})]


@PROJECTION.on(events.ChargerOccupied)
def _occupied(event: events.ChargerOccupied, _: Happened) -> Iterable[Change]:
    return [_use(event.charger_id, event.session_id, move_wanted=event.wanted)]


@PROJECTION.on(events.ChargerReleased)
def _released(event: events.ChargerReleased, _: Happened) -> Iterable[Change]:
    return [_use(event.charger_id, None)]


@PROJECTION.on(events.EtaChanged)
def _expected(event: events.EtaChanged, _: Happened) -> Iterable[Change]:
    for charger_id, free_at_ms in event.chargers:
        yield SET_FREE_AT, {"of_charger_id": charger_id, "free_at_ms": free_at_ms}


def _use(charger_id: str, session_id: str | None, *, move_wanted: bool = False) -> Change:
    return USE, {"of_charger_id": charger_id, "session_id": session_id, "move_wanted": move_wanted}
