"""`charger_events`: what happened at each outlet, for people who look for the reason of its state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Connection, Index, Integer, String, Table, bindparam, select

from domain.records import load, sites
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new, rows

CHARGER_EVENTS = Table(
    "charger_events",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("charger_id", String, nullable=False),
    Column("correlationid", String, nullable=False),
    Column("data", JSON, nullable=False),
    Column("command_id", String, index=True),
    Column("answer", String),
    Index("charger_events_of_charger", "charger_id", "time_ms"),
)
PROJECTION = Projection(CHARGER_EVENTS, None)
ADD = insert_new(CHARGER_EVENTS)
SET_ANSWER = (
    CHARGER_EVENTS.update()
    .where(CHARGER_EVENTS.c.command_id == bindparam("of_command_id"))
    .values(answer=bindparam("answer"))
)


@PROJECTION.on(
    load.ChargerConnected,
    load.ChargerDisconnected,
    load.ChargerBooted,
    load.TransactionStopped,
    load.TransactionStopCorrected,
    load.TransactionQuarantined,
    load.ReadingRefused,
    load.WattsDivided,
    load.ClockLearnt,
    load.CommissioningOpened,
    load.ObedienceProven,
    load.ObedienceVoided,
    load.TrustedAgain,
    load.RatingExceeded,
    load.RatingKept,
    sites.StartDenied,
    sites.SessionRequeued,
    sites.SessionInterrupted,
    sites.ResumeFailed,
    sites.ResumeWithheld,
    sites.ChargerReleased,
)
def _happened(event: Any, happened: Happened) -> Iterable[Change]:
    return [_added(event.charger_id, happened)]


@PROJECTION.on(load.TransactionStarted)
def _started(event: load.TransactionStarted, happened: Happened) -> Iterable[Change]:
    return [_added(event.charger_id, happened)] if event.duplicate_of is None else []


@PROJECTION.on(load.AlarmRaised, load.AlarmCleared, sites.SessionEnded)
def _if_of_outlet(event: Any, happened: Happened) -> Iterable[Change]:
    """Some are of the whole site, or of a session that had no outlet."""
    return [_added(event.charger_id, happened)] if event.charger_id is not None else []


@PROJECTION.on(load.CommandRequested)
def _commanded(event: load.CommandRequested, happened: Happened) -> Iterable[Change]:
    """Meter values are requested all the time: that is not for people."""
    return [_added(event.charger_id, happened, event.command_id)] if event.action != "trigger" else []


@PROJECTION.on(load.CommandAnswered)
def _answered(event: load.CommandAnswered, _: Happened) -> Iterable[Change]:
    return [(SET_ANSWER, {"of_command_id": event.command_id, "answer": event.status})]


def _added(charger_id: str, happened: Happened, command_id: str | None = None) -> Change:
    row = {
        "partition": happened.position.partition,
        "offset": happened.position.offset,
        "id": happened.record.id,
        "type": happened.record.type,
        "time_ms": happened.time_ms,
        "charger_id": charger_id,
        "correlationid": happened.record.correlationid,
        "data": happened.record.data.model_dump(mode="json"),
        "command_id": command_id,
    }
    return ADD, row


LATEST = (
    select(CHARGER_EVENTS)
    .where(CHARGER_EVENTS.c.charger_id == bindparam("charger_id"))
    .order_by(CHARGER_EVENTS.c.time_ms.desc(), CHARGER_EVENTS.c.partition.desc(), CHARGER_EVENTS.c.offset.desc())
    .limit(bindparam("limit"))
)


def latest(connection: Connection, charger_id: str, limit: int) -> list[Row]:
    """The newest events about an outlet, the newest first."""
    return rows(connection, LATEST, charger_id=charger_id, limit=limit)
