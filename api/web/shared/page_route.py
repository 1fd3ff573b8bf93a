"""What all pages have in common: authentication, the origin of forms, security headers, errors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.problems import Problem
from api.web.shared import cookie
from api.web.shared.render import page
from api.web.shared.rest import Refused
from domain.registry.access import Principal

POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SAFE = ("GET", "HEAD")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class NotLoggedIn(Exception):
    """The page needs a user who is logged in."""


async def _principal(request: Request) -> Principal:
    principal = await cookie.principal_of(request)
    if principal is None:
        raise NotLoggedIn
    return principal


LoggedIn = Annotated[Principal, Depends(_principal)]
"""A route's parameter for the user; nobody is logged in: the log-in page follows."""


class PageRoute(APIRoute):
    """A page's route: it sets the headers and shows errors as pages."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await self._answer(request, handler)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handle

    async def _answer(self, request: Request, handler: Handler) -> Response:
        if request.method not in SAFE and not sent_by_us(request):
            return page(
                request, "shared/problem.html", status=403, detail="this form was not sent from a page of this server"
            )
        try:
            return await handler(request)
        except NotLoggedIn:
            return _to_log_in(request)
        except Problem as problem:
            return page(request, "shared/problem.html", status=problem.status, detail=str(problem))
        except Refused as refused:
            return page(request, "shared/problem.html", status=refused.status, detail=refused.detail)
        except RequestValidationError as error:
            detail = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
            return page(request, "shared/problem.html", status=422, detail=detail)
        except HTTPException as error:
            return page(request, "shared/problem.html", status=error.status_code, detail=error.detail)


def sent_by_us(request: Request) -> bool:
    """Whether a page of this server sent the form, by headers that browsers set and other sites can't forge."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")


def local(path: str) -> str:
    """The path if it stays on this server, otherwise `/`: to a browser `//evil` and `/\\evil` are other hosts."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def is_partial(request: Request) -> bool:
    """Whether htmx requests a part of a page."""
    return "hx-request" in request.headers


def _to_log_in(request: Request) -> Response:
    """Redirect to the log-in. A part of a page can't be redirected: htmx loads the whole page instead."""
    if is_partial(request) or request.headers.get("accept", "").startswith("text/event-stream"):
        return Response(status_code=401, headers={"HX-Redirect": "/"})
    return RedirectResponse(f"/?next={quote(request.url.path)}" if request.method in SAFE else "/", 303)
