"""What the forms of the pages ask for: each is one call of the REST API, with the form's own idempotency key."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.context import CurrentContext
from api.routes.paths import PathId
from api.web.page_route import LoggedIn, PageRoute, is_partial
from api.web.panels import PANELS
from api.web.render import page
from api.web.rest import Refused, Rest, Told
from commands.quantities import rfc3339

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Key = Annotated[str, Form(min_length=1, max_length=100)]
Text = Annotated[str, Form(max_length=500)]
MINUTE_MS = 60_000


@router.post("/sites/{site_id}/grid-limit")
async def set_grid_limit(
    request: Request,
    context: CurrentContext,
    _: LoggedIn,
    site_id: PathId,
    key: Key,
    limit_kw: Text = "",
    minutes: Annotated[int | None, Form(ge=1, le=10_080)] = None,
    reason: Text = "operator",
) -> Response:
    """Promise a cap, until replaced or for some minutes."""
    body: Told = {"limit_kw": _number(limit_kw), "reason": reason}
    if minutes is not None:
        body["ends_at"] = rfc3339(context.clock.now_ms() + minutes * MINUTE_MS)
    given = {"limit_kw": limit_kw, "minutes": minutes, "reason": reason}
    return await _answer(request, site_id, "grid_limit", f"/sites/{site_id}/grid-limit", body, key, given)


@router.post("/sites/{site_id}/request")
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
    """Ask to charge one of one's vehicles."""
    body: Told = {
        "vehicle_id": vehicle_id,
        "site_id": site_id,
        "target_soc": _number(target_soc),
        "time_constraint_minutes": _number(time_constraint_minutes),
    }
    if current_soc:
        body["current_soc"] = _number(current_soc)
    given = {
        "vehicle_id": vehicle_id,
        "target_soc": target_soc,
        "current_soc": current_soc,
        "time_constraint_minutes": time_constraint_minutes,
    }
    values = await Rest(request).get("/vehicles")
    return await _answer(request, site_id, "request", "/sessions/request", body, key, given, **values)


@router.post("/sites/{site_id}/sessions/{session_id}/accept")
async def accept(request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key) -> Response:
    return await _change(request, principal, site_id, session_id, "accept", key)


@router.post("/sites/{site_id}/sessions/{session_id}/snooze")
async def snooze(request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key) -> Response:
    return await _change(request, principal, site_id, session_id, "snooze", key)


@router.post("/sites/{site_id}/sessions/{session_id}/cancel")
async def cancel(request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key) -> Response:
    return await _change(request, principal, site_id, session_id, "cancel", key)


@router.post("/sites/{site_id}/sessions/{session_id}/urgent-review")
async def ask_for_priority(
    request: Request, principal: LoggedIn, site_id: PathId, session_id: PathId, key: Key, reason: Text = ""
) -> Response:
    return await _change(request, principal, site_id, session_id, "urgent-review", key, {"reason": reason})


@router.post("/sites/{site_id}/sessions/{session_id}/urgent-review/decision")
async def decide_review(
    request: Request,
    principal: LoggedIn,
    site_id: PathId,
    session_id: PathId,
    key: Key,
    decision: Annotated[Literal["grant", "deny"], Form()],
    reason: Text = "",
) -> Response:
    """The operator's word on a review. Each word has a key of its own: whoever denies after all means it."""
    body: Told = {"granted": decision == "grant", "reason": reason}
    verb = "urgent-review/decision"
    return await _change(request, principal, site_id, session_id, verb, f"{key}-{decision}", body, panel="reviews")


async def _change(
    request: Request,
    principal: LoggedIn,
    site_id: str,
    session_id: str,
    verb: str,
    key: str,
    body: Told | None = None,
    *,
    panel: str = "mine",
) -> Response:
    """Tell of a session what is wanted, and show the panel as it is then."""
    rest = Rest(request)
    told, problem = None, None
    try:
        told = await rest.post(f"/sessions/{session_id}/{verb}", body, key=key)
    except Refused as refused:
        problem = refused.detail
    if not is_partial(request):
        return _back(site_id)
    values = await PANELS[panel](rest, site_id, principal)
    values |= {"site_id": site_id, "key": str(uuid4()), "told": told, "problem": problem}
    return page(request, f"panels/{panel}.html", **values)


async def _answer(
    request: Request, site_id: str, form: str, path: str, body: Told, key: str, given: Told, **values: Any
) -> Response:
    """The form again, with what was decided; where it was refused, with what was given and the reasons."""
    told, errors, status = None, {}, 200
    try:
        told, given = await Rest(request).post(path, body, key=key), {}
    except Refused as refused:
        errors, status = refused.errors or {"": refused.detail}, refused.status
    if told and not is_partial(request):
        return _back(site_id)
    values |= {"site_id": site_id, "key": str(uuid4()), "told": told, "errors": errors, "given": given}
    return page(request, f"forms/{form}.html", status, **values)


def _back(site_id: str) -> Response:
    return RedirectResponse(f"/sites/{site_id}", 303)


def _number(text: str) -> float | str:
    """As a number, where it is one: what it may be, and the words where it is none, are the API's."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
