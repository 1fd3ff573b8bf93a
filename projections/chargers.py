"""`chargers`: the description and the state of each outlet of a charger, from the safety kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    func,
    or_,
    select,
)

from commands.ports.directory import ChargerIdentity
from domain.electrical.grid import Outlet
from domain.electrical.outlet_id import WHOLE, charger_of, evse_of
from domain.records import load
from domain.records.words import OUT_OF_SERVICE
from projections.charger_use import CHARGER_USE
from projections.projection import METADATA, Change, Happened, Projection, Row, change, first, insert_new, rows
from projections.sessions import SESSIONS

CHARGERS = Table(
    "chargers",
    METADATA,
    Column("id", String, primary_key=True),
    Column("site_id", String, nullable=False, index=True),
    Column("charger_id", String, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("ocpp_id", String, nullable=False, index=True),
    Column("node", String, nullable=False),
    Column("phases", JSON, nullable=False),
    Column("max_ma", BigInteger, nullable=False),
    Column("min_ma", BigInteger, nullable=False),
    Column("voltage_mv", BigInteger, nullable=False),
    Column("status", String),
    Column("whole_status", String),
    Column("connected", Boolean, nullable=False),
    Column("connection_id", String),
    Column("obedience", String, nullable=False),
    Column("void_reason", String),
    Column("exceeds", String),
    Column("clock_offset_ms", BigInteger),
    Column("transaction_id", String),
    Column("limit_ma", BigInteger),
)
PROJECTION = Projection(CHARGERS, "load")

ADD = insert_new(CHARGERS)
SET_CONNECTED = change(CHARGERS, ["connected", "connection_id"])
SET_STATUS = change(CHARGERS, ["status"])
SET_WHOLE_STATUS = change(CHARGERS, ["whole_status"])
SET_OBEDIENCE = change(CHARGERS, ["obedience", "void_reason"])
SET_EXCEEDS = change(CHARGERS, ["exceeds"])
END_EXCEEDS = change(CHARGERS, ["exceeds"], key=("id", "exceeds"))
SET_CLOCK = change(CHARGERS, ["clock_offset_ms"])
SET_TRANSACTION = change(CHARGERS, ["transaction_id"])
END_TRANSACTION = change(CHARGERS, ["transaction_id"], key=("id", "transaction_id"))
SET_LIMIT = change(CHARGERS, ["limit_ma"])


@PROJECTION.on(load.ChargerAdded)
def _added(event: load.ChargerAdded, happened: Happened) -> Iterable[Change]:
    row = {
        "id": event.charger_id,
        "site_id": happened.key,
        "charger_id": charger_of(event.charger_id),
        "connector_id": evse_of(event.charger_id),
        "ocpp_id": event.ocpp_id or charger_of(event.charger_id),
        "node": event.node,
        "phases": list(event.phases),
        "max_ma": event.max_ma,
        "min_ma": event.min_ma,
        "voltage_mv": event.voltage_mv,
        "connected": False,
        "obedience": "unproven",
    }
    return [(ADD, row)]


@PROJECTION.on(load.ChargerConnected, load.ChargerDisconnected)
def _connected(event: load.ChargerConnected | load.ChargerDisconnected, _: Happened) -> Iterable[Change]:
    connected = isinstance(event, load.ChargerConnected)
    return [_set(SET_CONNECTED, event.charger_id, connected=connected, connection_id=event.connection_id)]


@PROJECTION.on(load.ChargerStatusChanged)
def _status(event: load.ChargerStatusChanged, _: Happened) -> Iterable[Change]:
    """Connector 0 is the whole charger, whose failure is the outlet's; no other connector is the outlet's concern."""
    if event.evse_id == evse_of(event.charger_id):
        yield _set(SET_STATUS, event.charger_id, status=event.status)
    elif event.evse_id == WHOLE:
        failed = event.status in OUT_OF_SERVICE
        yield _set(SET_WHOLE_STATUS, event.charger_id, whole_status=event.status if failed else None)


@PROJECTION.on(load.ObedienceProven)
def _proven(event: load.ObedienceProven, _: Happened) -> Iterable[Change]:
    yield _set(SET_OBEDIENCE, event.charger_id, obedience="proven", void_reason=None)
    yield _no_longer("limit", event.charger_id)


@PROJECTION.on(load.ObedienceVoided, load.TrustedAgain)
def _voided(event: load.ObedienceVoided | load.TrustedAgain, _: Happened) -> Iterable[Change]:
    yield _set(SET_OBEDIENCE, event.charger_id, obedience="unproven", void_reason=event.reason)
    yield _set(SET_EXCEEDS, event.charger_id, exceeds="limit" if event.reason == load.EXCEEDS_LIMIT else None)


@PROJECTION.on(load.RatingExceeded)
def _rating_exceeded(event: load.RatingExceeded, _: Happened) -> Iterable[Change]:
    return [_set(SET_EXCEEDS, event.charger_id, exceeds="rating")]


@PROJECTION.on(load.RatingKept)
def _rating_kept(event: load.RatingKept, _: Happened) -> Iterable[Change]:
    return [_no_longer("rating", event.charger_id)]


@PROJECTION.on(load.ClockLearnt)
def _clock(event: load.ClockLearnt, _: Happened) -> Iterable[Change]:
    return [_set(SET_CLOCK, event.charger_id, clock_offset_ms=event.offset_ms)]


@PROJECTION.on(load.TransactionStarted)
def _started(event: load.TransactionStarted, _: Happened) -> Iterable[Change]:
    if event.duplicate_of is None and event.evse_id == evse_of(event.charger_id):
        yield _set(SET_TRANSACTION, event.charger_id, transaction_id=event.transaction_id)


@PROJECTION.on(load.TransactionStopped)
def _stopped(event: load.TransactionStopped, _: Happened) -> Iterable[Change]:
    ended = {"of_id": event.charger_id, "of_transaction_id": event.transaction_id, "transaction_id": None}
    return [(END_TRANSACTION, ended), _no_longer("limit", event.charger_id)]


@PROJECTION.on(load.LimitDesired)
def _limit(event: load.LimitDesired, _: Happened) -> Iterable[Change]:
    return [_set(SET_LIMIT, event.charger_id, limit_ma=event.limit_ma)]


@PROJECTION.on(load.LeaseEnded)
def _lease_ended(event: load.LeaseEnded, _: Happened) -> Iterable[Change]:
    return [_set(SET_LIMIT, event.charger_id, limit_ma=None)]


def _no_longer(exceeds: str, charger_id: str) -> Change:
    return END_EXCEEDS, {"of_id": charger_id, "of_exceeds": exceeds, "exceeds": None}


def _set(statement: Any, charger_id: str, **values: Any) -> Change:
    return statement, {"of_id": charger_id, **values}


STATUS = func.coalesce(CHARGERS.c.whole_status, CHARGERS.c.status).label("status")
"""The connector's status, unless the charger as a whole can't charge."""
WITH_USE = select(
    *CHARGERS.c[
        "id",
        "charger_id",
        "connector_id",
        "site_id",
        "ocpp_id",
        "max_ma",
        "voltage_mv",
        "phases",
        "connected",
        "obedience",
        "limit_ma",
    ],
    STATUS,
    *CHARGER_USE.c["session_id", "move_wanted", "free_at_ms"],
    SESSIONS.c.state.label("session_state"),
    SESSIONS.c.vehicle_id,
).select_from(
    CHARGERS.outerjoin(CHARGER_USE, CHARGER_USE.c.charger_id == CHARGERS.c.id).outerjoin(
        SESSIONS, SESSIONS.c.id == CHARGER_USE.c.session_id
    )
)
AT_SITE = WITH_USE.where(CHARGERS.c.site_id == bindparam("site_id")).order_by(
    CHARGERS.c.charger_id, CHARGERS.c.connector_id
)
DETAILS = CHARGERS.c["min_ma", "transaction_id", "void_reason", "exceeds", "clock_offset_ms"]
IN_DETAIL = WITH_USE.add_columns(*DETAILS).where(CHARGERS.c.id == bindparam("id"))
OUTLETS = select(*CHARGERS.c["id", "node", "phases", "max_ma", "min_ma", "voltage_mv"]).where(
    CHARGERS.c.site_id == bindparam("site_id")
)
OUTLETS_OF = (
    select(CHARGERS)
    .where(or_(CHARGERS.c.id == bindparam("id"), CHARGERS.c.charger_id == bindparam("id")))
    .order_by(CHARGERS.c.connector_id)
)
OF_IDENTITY = select(CHARGERS).where(CHARGERS.c.ocpp_id == bindparam("ocpp_id"))


def at_site(connection: Connection, site_id: str) -> list[Row]:
    """The chargers of a site, each with the session that it is reserved for, serves, or is occupied by."""
    return rows(connection, AT_SITE, site_id=site_id)


def in_detail(connection: Connection, outlet_id: str) -> Row | None:
    """An outlet with its session, its transaction, and what is known of its compliance and its clock."""
    return first(connection, IN_DETAIL, id=outlet_id)


CONNECTIONS = select(CHARGERS.c.site_id, CHARGERS.c.connected, func.count()).group_by(
    CHARGERS.c.site_id, CHARGERS.c.connected
)


def connections(connection: Connection) -> list[tuple[str, bool, int]]:
    """The numbers of connected and disconnected chargers: (site, connected, number)."""
    return [(row[0], row[1], row[2]) for row in connection.execute(CONNECTIONS)]


def find(connection: Connection, charger_id: str) -> Row | None:
    """An outlet by its id, or the first outlet of a charger by the charger's; else None."""
    return first(connection, OUTLETS_OF, id=charger_id)


def of_charger(connection: Connection, charger_id: str) -> list[Row]:
    """The outlets of a charger; of an outlet's id only that one."""
    return rows(connection, OUTLETS_OF, id=charger_id)


def identity(connection: Connection, ocpp_id: str) -> ChargerIdentity | None:
    """The charger with an OCPP identity, as the gateway needs it, or None."""
    outlets = rows(connection, OF_IDENTITY, ocpp_id=ocpp_id)
    if not outlets:
        return None
    phases = {row["connector_id"]: tuple(row["phases"]) for row in outlets}
    first_one = outlets[0]
    return ChargerIdentity(
        first_one["charger_id"],
        first_one["site_id"],
        max(phases.values(), key=len),
        first_one["voltage_mv"],
        phases if len(phases) > 1 else {},
    )


def outlets(connection: Connection, site_id: str) -> dict[str, Outlet]:
    """The chargers of a site, as its electrical tree has them."""
    found = rows(connection, OUTLETS, site_id=site_id)
    return {row["id"]: Outlet(**{**row, "phases": tuple(row["phases"])}) for row in found}
