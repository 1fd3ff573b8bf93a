"""The audit of priority: who got it, who did not, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import shapes, views
from api.access import Caller, may, own_vehicles
from api.answers import Json
from api.context import Given
from api.routes.paths import V1
from projections import priority_audit

router = APIRouter(prefix=f"{V1}/priority-audit", tags=["priority"])


@router.get("", response_model=shapes.PriorityDecisions, dependencies=[may("audit.list")])
async def latest(context: Given, caller: Caller, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """The newest decisions about priority of the vehicles that the caller may see."""
    own = await own_vehicles(context, caller)
    seen = None if own is None else sorted(own)
    rows = await context.database.read(lambda connection: priority_audit.latest(connection, seen, limit))
    vins = await context.vault.vehicles.vins({row["vehicle_id"] for row in rows})
    return Json({"decisions": [views.priority_audit(row, vins.get(row["vehicle_id"])) for row in rows]})
