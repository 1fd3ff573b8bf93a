"""The page of a site: its panels and forms by role, its chart, and its live updates."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import streams
from api.answers import Json
from api.context import Context, CurrentContext
from api.routes.paths import PathId
from api.web.driver.panels import MY_CAR
from api.web.operator.panels import ALARMS, DECISIONS, REVIEWS
from api.web.shared import cookie
from api.web.shared.forms import UNSENT
from api.web.shared.page_route import LoggedIn, PageRoute
from api.web.shared.panel import Panel
from api.web.shared.panels import CHARGERS, LOAD, QUEUE
from api.web.shared.render import page
from api.web.shared.rest import Rest
from commands.quantities import rfc3339
from domain.registry.access import Principal, allows

router = APIRouter(prefix="/sites/{site_id}", route_class=PageRoute, include_in_schema=False)
PANELS = (MY_CAR, LOAD, CHARGERS, QUEUE, ALARMS, REVIEWS, DECISIONS)


def panels_of(principal: Principal) -> dict[str, Panel]:
    """The panels that a principal sees, by name."""
    return {panel.name: panel for panel in PANELS if panel.shown_to(principal)}


@router.get("")
async def site(request: Request, context: CurrentContext, principal: LoggedIn, site_id: PathId) -> Response:
    """The whole page."""
    # The mark is taken first: a change while the panels are rendered is then sent again.
    rest, panels, mark = Rest(request), panels_of(principal), context.live.mark()
    values: dict[str, Any] = {"site": await rest.get(f"/sites/{site_id}"), "mark": mark, "principal": principal}
    for panel in panels.values():
        values |= await panel.values(rest, site_id, principal)
    if MY_CAR.name in panels:
        values |= await rest.get("/vehicles")
    values |= {"panels": panels, "may_limit": allows(principal, "site.limit"), "site_id": site_id}
    values["now"] = rfc3339(context.clock.now_ms())
    return page(request, "shared/site.html", **values, **UNSENT, key=str(uuid4()))


@router.get("/panels/{name}")
async def panel(request: Request, principal: LoggedIn, site_id: PathId, name: str) -> Response:
    """One panel."""
    shown = panels_of(principal).get(name)
    if shown is None:
        raise HTTPException(404, "there is no such panel")
    values = await shown.values(Rest(request), site_id, principal)
    return page(request, shown.template, site_id=site_id, key=str(uuid4()), **values)


@router.get("/load")
async def load(request: Request, _: LoggedIn, site_id: PathId) -> Response:
    """The points of the chart, as the API answers them."""
    return Json(await Rest(request).get(f"/sites/{site_id}/load", **request.query_params))


@router.get("/live")
async def live(
    request: Request,
    context: CurrentContext,
    principal: LoggedIn,
    site_id: PathId,
    after: Annotated[str | None, Query(max_length=100)] = None,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """The names of the panels that have changed, as server-sent events."""
    await Rest(request).get(f"/sites/{site_id}")

    async def still_allowed() -> bool:
        return await cookie.principal_of(request) == principal

    return streams.EventStream(_changes(context, principal, site_id, last_event_id or after), still_allowed)


async def _changes(
    context: Context, principal: Principal, site_id: str, after: str | None
) -> AsyncGenerator[ServerSentEvent]:
    """One event per panel. Of the events of one change only the last has the mark: whoever has it received them all."""
    shown = panels_of(principal)
    async for change in context.live.changes(site_id, after):
        names = [name for name in change.panels if name in shown]
        for name in names:
            yield streams.event(name, name=f"{name}-changed", mark=change.mark if name == names[-1] else None)
