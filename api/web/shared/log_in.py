"""The pages before a site's: log in, choose a site, log out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.log_in_attempts import log_in as attempt_log_in
from api.web.shared import cookie
from api.web.shared.page_route import PageRoute, local
from api.web.shared.render import page
from api.web.shared.rest import Rest

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
async def start(request: Request, following: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """The sites, or the form to log in."""
    principal = await cookie.principal_of(request)
    if principal is None:
        return page(request, "shared/log_in.html", next=local(following), failed=False)
    return page(request, "shared/sites.html", principal=principal, **await Rest(request).get("/sites"))


@router.post("/log-in")
async def log_in(
    request: Request,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    following: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Log a user in, and redirect to the page they asked for."""
    token = await attempt_log_in(request, email, password)
    if token is None:
        return page(request, "shared/log_in.html", 401, next=local(following), failed=True)
    response = RedirectResponse(local(following), 303)
    cookie.store(response, request, token.text, token.expires_s)
    return response


@router.post("/log-out")
async def log_out() -> Response:
    """Log the user out."""
    response = RedirectResponse("/", 303)
    cookie.delete(response)
    return response
