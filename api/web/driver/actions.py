"""What a driver does on the page of a site: request charging, answer an offer, request priority."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.routes.paths import PathId
from api.web.driver.panels import MY_CAR
from api.web.shared.forms import Key, Text, number, send_action, send_form
from api.web.shared.page_route import LoggedIn, PageRoute
from api.web.shared.rest import Document, Rest

router = APIRouter(prefix="/sites/{site_id}", route_class=PageRoute, include_in_schema=False)


@router.post("/request")
async def request_session(
    request: Request,
    _: LoggedIn,
    site_id: PathId,
    key: Key,
    vehicle_id: Text = "",
    target_soc: Text = "",
    current_soc: Text = "",
    time_constraint_minutes: Text = "",
) -> Response:
    """Request charging for one of the driver's vehicles."""
    body: Document = {
        "vehicle_id": vehicle_id,
        "site_id": site_id,
        "target_soc": number(target_soc),
        "time_constraint_minutes": number(time_constraint_minutes),
    }
    if current_soc:
        body["current_soc"] = number(current_soc)
    entered = {
        "vehicle_id": vehicle_id,
        "target_soc": target_soc,
        "current_soc": current_soc,
        "time_constraint_minutes": time_constraint_minutes,
    }
    vehicles = await Rest(request).get("/vehicles")
    template = "driver/request_form.html"
    return await send_form(request, site_id, template, "/sessions/request", body, key, entered, **vehicles)


@router.post("/sessions/{session_id}/accept")
async def accept(request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key) -> Response:
    """Accept the charger that is held."""
    return await send_action(request, principal, MY_CAR, site_id, f"/sessions/{session_id}/accept", key)


@router.post("/sessions/{session_id}/snooze")
async def snooze(request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key) -> Response:
    """Decline the charger that is held, and keep the place in the queue."""
    return await send_action(request, principal, MY_CAR, site_id, f"/sessions/{session_id}/snooze", key)


@router.post("/sessions/{session_id}/cancel")
async def cancel(request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key) -> Response:
    """Leave the queue, or end the charging."""
    return await send_action(request, principal, MY_CAR, site_id, f"/sessions/{session_id}/cancel", key)


@router.post("/sessions/{session_id}/urgent-review")
async def request_priority(
    request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key, reason: Text = ""
) -> Response:
    """Request an urgent review."""
    path, body = f"/sessions/{session_id}/urgent-review", {"reason": reason}
    return await send_action(request, principal, MY_CAR, site_id, path, key, body)
