"""The cookie of a user who is logged in: it holds their token; no script can read it and no other site can send it."""

from __future__ import annotations

import time

from fastapi import Request
from starlette.responses import Response

from api.context import Context
from domain.registry.access import Principal

COOKIE = "commonwatt"


def token_of(request: Request) -> str | None:
    """The token in the cookie, if any. It may have expired."""
    return request.cookies.get(COOKIE)


async def principal_of(request: Request) -> Principal | None:
    """The user who is logged in, or None."""
    context: Context = request.app.state.context
    token = token_of(request)
    return await context.identity.principal(token) if token else None


def store(response: Response, request: Request, token: str, expires_s: int) -> None:
    """Store the token in the browser until it expires, by the wall clock."""
    secure = request.url.scheme == "https"
    lasts_s = expires_s - int(time.time())
    response.set_cookie(COOKIE, token, lasts_s, path="/", secure=secure, httponly=True, samesite="strict")


def delete(response: Response) -> None:
    """Delete the cookie in the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
