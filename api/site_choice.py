"""The site for a request that names none: of those near the car, the one with the fewest cars per charger."""

from __future__ import annotations

from api.access import known_site
from api.context import Context
from api.problems import Problem
from domain.vehicle.zone import is_near
from projections import chargers, sessions, sites
from projections.projection import Row

LOOKED_BACK_MS = 3_600_000
"""An older position says nothing about where the car is now."""


async def chosen_site(context: Context, site_id: str | None, vehicle_id: str) -> Row:
    """The requested site, or else the best one. Raises a 422 problem where there is none."""
    if site_id is not None:
        return await known_site(context, site_id, status=422)
    known = await context.database.read(sites.every)
    zone = await _zone(context, vehicle_id) if len(known) > 1 else None
    near = [row for row in known if is_near(row["location_zone"], zone)] or known
    if not near:
        raise Problem(422, "no site is registered yet", field="site_id")
    crowded = {row["id"]: await _crowd(context, row["id"]) for row in near}
    return min(near, key=lambda row: (crowded[row["id"]], row["id"]))


async def _zone(context: Context, vehicle_id: str) -> str | None:
    """The latest known zone of the car."""
    now_ms = context.clock.now_ms()
    values = await context.series.telemetry(vehicle_id, "location_zone", now_ms - LOOKED_BACK_MS, now_ms + 1, 1)
    return str(values[0].value) if values else None


async def _crowd(context: Context, site_id: str) -> float:
    """Charging and waiting cars per charger."""
    there = await context.database.read(lambda connection: chargers.at_site(connection, site_id))
    waiting = await context.database.read(lambda connection: sessions.waiting(connection, site_id))
    busy = sum(row["session_id"] is not None for row in there)
    return (busy + len(waiting)) / len(there) if there else float("inf")
