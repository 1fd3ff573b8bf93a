"""What an operator does on the page of a site: set a grid limit, decide an urgent review."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.context import CurrentContext
from api.routes.paths import PathId
from api.web.operator.panels import REVIEWS
from api.web.shared.forms import Key, Text, number, send_action, send_form
from api.web.shared.page_route import LoggedIn, PageRoute
from api.web.shared.rest import Document
from commands.quantities import rfc3339

router = APIRouter(prefix="/sites/{site_id}", route_class=PageRoute, include_in_schema=False)
MINUTE_MS = 60_000


@router.post("/grid-limit")
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
    """Set a grid limit, for some minutes or until a later one replaces it."""
    body: Document = {"limit_kw": number(limit_kw), "reason": reason}
    if minutes is not None:
        body["ends_at"] = rfc3339(context.clock.now_ms() + minutes * MINUTE_MS)
    entered = {"limit_kw": limit_kw, "minutes": minutes, "reason": reason}
    template = "operator/grid_limit_form.html"
    return await send_form(request, site_id, template, f"/sites/{site_id}/grid-limit", body, key, entered)


@router.post("/sessions/{session_id}/urgent-review/decision")
async def decide_review(
    request: Request,
    principal: LoggedIn,
    site_id: PathId,
    session_id: PathId,
    key: Key,
    decision: Annotated[Literal["grant", "deny"], Form()],
    reason: Text = "",
) -> Response:
    """Decide an urgent review. Granting and denying have a key each: an operator may change their mind."""
    path, body = f"/sessions/{session_id}/urgent-review/decision", {"granted": decision == "grant", "reason": reason}
    return await send_action(request, principal, REVIEWS, site_id, path, f"{key}-{decision}", body)
