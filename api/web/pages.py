"""The pages that people look at: log in, choose a site, see it live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Header, Query, Request
from sse_starlette import ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api import streams
from api.answers import Json
from api.context import Context, CurrentContext
from api.log_in_attempts import log_in as logged_in
from api.routes.paths import PathId
from api.web import session
from api.web.page_route import LoggedIn, PageRoute, local
from api.web.panels import PANELS, shown_to
from api.web.render import page
from api.web.rest import Rest
from commands.quantities import rfc3339
from domain.registry.access import Principal, allows

router = APIRouter(route_class=PageRoute, include_in_schema=False)
EMPTY_FORM: dict[str, Any] = {"told": None, "errors": {}, "given": {}}


@router.get("/")
async def start(request: Request, following: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """The sites, or the form to log in."""
    principal = await session.principal_of(request)
    if principal is None:
        return page(request, "log_in.html", next=local(following), failed=False)
    return page(request, "sites.html", principal=principal, **await Rest(request).get("/sites"))


@router.post("/log-in")
async def log_in(
    request: Request,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    following: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Let somebody in, and on to the page that she wanted."""
    token = await logged_in(request, email, password)
    if token is None:
        return page(request, "log_in.html", 401, next=local(following), failed=True)
    response = RedirectResponse(local(following), 303)
    session.keep(response, request, token.text, token.expires_s)
    return response


@router.post("/log-out")
async def log_out() -> Response:
    response = RedirectResponse("/", 303)
    session.forget(response)
    return response


@router.get("/sites/{site_id}")
async def site(request: Request, context: CurrentContext, principal: LoggedIn, site_id: PathId) -> Response:
    """A site: all panels, and what keeps them up to date."""
    rest, mark = Rest(request), context.live.mark()
    values: dict[str, Any] = {"site": await rest.get(f"/sites/{site_id}"), "mark": mark, "principal": principal}
    for name in shown_to(principal):
        values |= await PANELS[name](rest, site_id, principal)
    if "mine" in shown_to(principal):
        values |= await rest.get("/vehicles")
    values |= {"panels": shown_to(principal), "may_limit": allows(principal, "site.limit"), "site_id": site_id}
    values["now"] = rfc3339(context.clock.now_ms())
    return page(request, "site.html", **values, **EMPTY_FORM, key=str(uuid4()))


@router.get("/sites/{site_id}/panels/{name}")
async def panel(request: Request, principal: LoggedIn, site_id: PathId, name: str) -> Response:
    """One panel."""
    if name not in shown_to(principal):
        raise HTTPException(404, "there is no such panel")
    values = await PANELS[name](Rest(request), site_id, principal)
    return page(request, f"panels/{name}.html", site_id=site_id, key=str(uuid4()), **values)


@router.get("/sites/{site_id}/load")
async def load(request: Request, _: LoggedIn, site_id: PathId) -> Response:
    """The points of the chart, as the API tells them."""
    return Json(await Rest(request).get(f"/sites/{site_id}/load", **request.query_params))


@router.get("/sites/{site_id}/live")
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
        return await session.principal_of(request) == principal

    return streams.EventStream(_changes(context, principal, site_id, last_event_id or after), still_allowed)


async def _changes(
    context: Context, principal: Principal, site_id: str, after: str | None
) -> AsyncGenerator[ServerSentEvent]:
    """An event for each panel. Only the last of those that are told together has the mark: who saw it saw all."""
    shown = shown_to(principal)
    async for change in context.live.changes(site_id, after):
        names = [panel for panel in change.panels if panel in shown]
        for name in names:
            yield streams.event(name, name=f"{name}-changed", mark=change.mark if name == names[-1] else None)
