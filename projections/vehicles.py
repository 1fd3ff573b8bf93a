"""`vehicles`: their owners and technical data. The VIN is in the vault."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, Column, Connection, String, Table, bindparam, or_, select

from domain.records.registry import VehicleRegistered
from domain.registry.access import Belongs, Principal
from projections.projection import METADATA, Change, Happened, Projection, Row, first, insert_new, rows

VEHICLES = Table(
    "vehicles",
    METADATA,
    Column("id", String, primary_key=True),
    Column("battery_wh", BigInteger),
    Column("max_ma", BigInteger),
    Column("phases", BigInteger, nullable=False),
    Column("owner_user_id", String, index=True),
    Column("enterprise_id", String, index=True),
    Column("priority_eligible", Boolean, nullable=False),
)
PROJECTION = Projection(VEHICLES, "registry")
ADD = insert_new(VEHICLES)


@PROJECTION.on(VehicleRegistered)
def _registered(event: VehicleRegistered, _: Happened) -> Iterable[Change]:
    row = {
        "id": event.vehicle_id,
        "battery_wh": event.battery_wh,
        "max_ma": event.max_ma,
        "phases": event.phases,
        "owner_user_id": event.owner_id,
        "enterprise_id": event.enterprise_id,
        "priority_eligible": event.priority_eligible,
    }
    return [(ADD, row)]


BELONGING = select(VEHICLES).order_by(VEHICLES.c.id)
ONE = select(VEHICLES).where(VEHICLES.c.id == bindparam("id"))


def find(connection: Connection, vehicle_id: str) -> Row | None:
    """A vehicle, or None."""
    return first(connection, ONE, id=vehicle_id)


def seen_by(connection: Connection, principal: Principal) -> list[Row]:
    """The vehicles that a principal may see: all for an operator, else their own and those of their enterprise."""
    query = BELONGING
    if principal.role != "operator":
        own = [VEHICLES.c.owner_user_id == principal.id]
        if principal.enterprise_id is not None:
            own.append(VEHICLES.c.enterprise_id == principal.enterprise_id)
        query = query.where(or_(*own))
    return rows(connection, query)


def belongs(row: Row) -> Belongs:
    """The owner of a vehicle, of its sessions and its events."""
    return Belongs(row["owner_user_id"], row["enterprise_id"])
