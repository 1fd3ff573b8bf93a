"""`vehicles`: which opaque ids are registered, and what the cars can do."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Integer, String, Table, bindparam, select

from domain.records.registry import VehicleRegistered
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new

VEHICLES = Table(
    "vehicles",
    METADATA,
    Column("id", String, primary_key=True),
    Column("battery_wh", Integer),
    Column("max_ma", Integer),
    Column("phases", Integer, nullable=False),
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
    }
    return [(ADD, row)]


ONE = select(VEHICLES).where(VEHICLES.c.id == bindparam("id"))


def find(connection: Connection, vehicle_id: str) -> Row | None:
    """A vehicle, or None."""
    return connection.execute(ONE, {"id": vehicle_id}).mappings().first()
