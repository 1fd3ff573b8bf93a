"""`chargers`: the description and the state of each charger, from the safety kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, String, Table, bindparam, func, select

from commands.ports.directory import ChargerIdentity
from domain.electrical.grid import Outlet
from domain.records import load
from projections.charger_use import CHARGER_USE
from projections.projection import METADATA, Change, Happened, Projection, Row, change, first, insert_new, rows
from projections.sessions import SESSIONS

CHARGERS = Table(
    "chargers",
    METADATA,
    Column("id", String, primary_key=True),
    Column("site_id", String, nullable=False, index=True),
    Column("ocpp_id", String, nullable=False),
    Column("node", String, nullable=False),
    Column("phases", JSON, nullable=False),
    Column("max_ma", BigInteger, nullable=False),
    Column("min_ma", BigInteger, nullable=False),
    Column("voltage_mv", BigInteger, nullable=False),
    Column("status", String),
    Column("connected", Boolean, nullable=False),
    Column("connection_id", String),
    Column("obedience", String, nullable=False),
    Column("transaction_id", BigInteger),
    Column("limit_ma", BigInteger),
)
PROJECTION = Projection(CHARGERS, "load")

ADD = insert_new(CHARGERS)
SET_CONNECTED = change(CHARGERS, ["connected", "connection_id"])
SET_STATUS = change(CHARGERS, ["status"])
SET_OBEDIENCE = change(CHARGERS, ["obedience"])
SET_TRANSACTION = change(CHARGERS, ["transaction_id"])
END_TRANSACTION = change(CHARGERS, ["transaction_id"], key=("id", "transaction_id"))
SET_LIMIT = change(CHARGERS, ["limit_ma"])


@PROJECTION.on(load.ChargerAdded)
def _added(event: load.ChargerAdded, happened: Happened) -> Iterable[Change]:
    row = {
        "id": event.charger_id,
        "site_id": happened.key,
        "ocpp_id": event.charger_id,
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
    """Connector 0 is the whole charger; its `Available` adds nothing to the connector's status."""
    if event.connector_id == 0 and event.status == "Available":
        return []
    return [_set(SET_STATUS, event.charger_id, status=event.status)]


@PROJECTION.on(load.ObedienceProven, load.ObedienceVoided)
def _obedience(event: load.ObedienceProven | load.ObedienceVoided, _: Happened) -> Iterable[Change]:
    proven = isinstance(event, load.ObedienceProven)
    return [_set(SET_OBEDIENCE, event.charger_id, obedience="proven" if proven else "unproven")]


@PROJECTION.on(load.TransactionStarted)
def _started(event: load.TransactionStarted, _: Happened) -> Iterable[Change]:
    if event.duplicate_of is None:
        yield _set(SET_TRANSACTION, event.charger_id, transaction_id=event.transaction_id)


@PROJECTION.on(load.TransactionStopped)
def _stopped(event: load.TransactionStopped, _: Happened) -> Iterable[Change]:
    ended = {"of_id": event.charger_id, "of_transaction_id": event.transaction_id, "transaction_id": None}
    return [(END_TRANSACTION, ended)]


@PROJECTION.on(load.LimitDesired)
def _limit(event: load.LimitDesired, _: Happened) -> Iterable[Change]:
    return [_set(SET_LIMIT, event.charger_id, limit_ma=event.limit_ma)]


@PROJECTION.on(load.LeaseEnded)
def _lease_ended(event: load.LeaseEnded, _: Happened) -> Iterable[Change]:
    return [_set(SET_LIMIT, event.charger_id, limit_ma=None)]


def _set(statement: Any, charger_id: str, **values: Any) -> Change:
    return statement, {"of_id": charger_id, **values}


AT_SITE = (
    select(
        *CHARGERS.c[
            "id", "site_id", "ocpp_id", "max_ma", "voltage_mv", "phases", "status", "connected", "obedience", "limit_ma"
        ],
        *CHARGER_USE.c["session_id", "move_wanted", "free_at_ms"],
        SESSIONS.c.state.label("session_state"),
        SESSIONS.c.vehicle_id,
    )
    .select_from(
        CHARGERS.outerjoin(CHARGER_USE, CHARGER_USE.c.charger_id == CHARGERS.c.id).outerjoin(
            SESSIONS, SESSIONS.c.id == CHARGER_USE.c.session_id
        )
    )
    .where(CHARGERS.c.site_id == bindparam("site_id"))
    .order_by(CHARGERS.c.id)
)
VOLTAGES = select(CHARGERS.c.id, CHARGERS.c.voltage_mv).where(CHARGERS.c.site_id == bindparam("site_id"))
OUTLETS = select(*CHARGERS.c["id", "node", "phases", "max_ma", "min_ma", "voltage_mv"]).where(
    CHARGERS.c.site_id == bindparam("site_id")
)
ONE = select(CHARGERS).where(CHARGERS.c.id == bindparam("id"))


def at_site(connection: Connection, site_id: str) -> list[Row]:
    """The chargers of a site, each with the session that it is reserved for, serves, or is occupied by."""
    return rows(connection, AT_SITE, site_id=site_id)


CONNECTIONS = select(CHARGERS.c.site_id, CHARGERS.c.connected, func.count()).group_by(
    CHARGERS.c.site_id, CHARGERS.c.connected
)


def connections(connection: Connection) -> list[tuple[str, bool, int]]:
    """The numbers of connected and disconnected chargers: (site, connected, number)."""
    return [(row[0], row[1], row[2]) for row in connection.execute(CONNECTIONS)]


def voltages_mv(connection: Connection, site_id: str) -> dict[str, int]:
    """The voltage of each charger of a site in mV, phase to neutral."""
    return {row.id: row.voltage_mv for row in connection.execute(VOLTAGES, {"site_id": site_id})}


def find(connection: Connection, charger_id: str) -> Row | None:
    """A charger, or None."""
    return first(connection, ONE, id=charger_id)


def identity(connection: Connection, ocpp_id: str) -> ChargerIdentity | None:
    """The charger with an OCPP identity, as the gateway needs it, or None."""
    row = find(connection, ocpp_id)
    if row is None:
        return None
    return ChargerIdentity(row["id"], row["site_id"], tuple(row["phases"]), row["voltage_mv"])


def outlets(connection: Connection, site_id: str) -> dict[str, Outlet]:
    """The chargers of a site, as its electrical tree has them."""
    found = rows(connection, OUTLETS, site_id=site_id)
    return {row["id"]: Outlet(**{**row, "phases": tuple(row["phases"])}) for row in found}
