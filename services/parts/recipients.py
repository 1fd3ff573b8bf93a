"""The recipients of notices, found in the read models."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import Connection, select

from adapters.database import Database
from adapters.notify.notices import Notice
from adapters.notify.notifier import Recipients
from commands.ports.log import Position
from projections import accounts, progress, sessions, vehicles
from projections.projection import Row

POLL_S = 0.05


def recipients(database: Database) -> Recipients:
    """A function that finds the accounts of a notice, once the read models have applied its event."""

    async def found(notice: Notice, position: Position) -> Sequence[str]:
        while not await database.read(lambda connection: _applied(connection, position)):
            await asyncio.sleep(POLL_S)
        return await database.read(lambda connection: _accounts(connection, notice))

    return found


def _applied(connection: Connection, position: Position) -> bool:
    reached = select(progress.CONSUMED.c.offset).where(progress.CONSUMED.c.partition == position.partition)
    return (connection.scalar(reached) or 0) >= position.offset


def _accounts(connection: Connection, notice: Notice) -> list[str]:
    if notice.to == "operator":
        return [row["id"] for row in accounts.every(connection) if row["role"] == "operator"]
    vehicle = _vehicle(connection, notice)
    if vehicle is None:
        return []
    if notice.to == "driver":
        return [vehicle["owner_user_id"]] if vehicle["owner_user_id"] else []
    enterprise_id = vehicle["enterprise_id"]
    return [
        row["id"]
        for row in accounts.every(connection)
        if enterprise_id is not None and (row["role"], row["enterprise_id"]) == ("enterprise_admin", enterprise_id)
    ]


def _vehicle(connection: Connection, notice: Notice) -> Row | None:
    """The vehicle of a notice; the session of a walk-up has none."""
    vehicle_id = notice.vehicle_id
    if vehicle_id is None and notice.session_id is not None:
        session = sessions.find(connection, notice.session_id)
        vehicle_id = None if session is None else session["vehicle_id"]
    return None if vehicle_id is None else vehicles.find(connection, vehicle_id)
