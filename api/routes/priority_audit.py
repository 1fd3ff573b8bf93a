"""The audit of priority: who was granted it, who was not, and why."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import CurrentPrincipal, may, own_vehicles
from api.answers import Json
from api.context import CurrentContext
from api.routes.paths import V1, Limit
from api.shapes.priority import PriorityDecisions
from api.views.priority import priority_decision_view
from projections import priority_audit

router = APIRouter(prefix=f"{V1}/priority-audit", tags=["priority"])


@router.get("", response_model=PriorityDecisions, dependencies=[may("audit.list")])
async def latest(context: CurrentContext, caller: CurrentPrincipal, limit: Limit = 100) -> Response:
    """List the latest decisions about priority, of the vehicles that the caller may see."""
    own = await own_vehicles(context, caller)
    vehicle_ids = None if own is None else sorted(own)
    rows = await context.database.read(lambda connection: priority_audit.latest(connection, vehicle_ids, limit))
    vins = await context.vault.vehicles.vins({row["vehicle_id"] for row in rows})
    return Json({"decisions": [priority_decision_view(row, vins.get(row["vehicle_id"])) for row in rows]})
