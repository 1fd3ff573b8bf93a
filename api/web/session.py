"""Who is logged in to the pages: a token in a cookie that no script can read and no other site sends along."""

from __future__ import annotations

import time

from fastapi import Request
from starlette.responses import Response

from api.context import Context
from domain.registry.access import Principal

COOKIE = "commonwatt"


def token_of(request: Request) -> str | None:
    """The token that the browser holds, if any. Whether it is good is another question."""
    return request.cookies.get(COOKIE)


async def principal_of(request: Request) -> Principal | None:
    """Who is logged in, None: nobody, or no longer."""
    context: Context = request.app.state.context
    token = token_of(request)
    return await context.identity.principal(token) if token else None


def keep(response: Response, request: Request, token: str, expires_s: int) -> None:
    """Let the browser hold the token for as long as it is good. Tokens live by the wall clock, always."""
    secure = request.url.scheme == "https"
    lasts_s = expires_s - int(time.time())
    response.set_cookie(COOKIE, token, lasts_s, path="/", secure=secure, httponly=True, samesite="strict")


def forget(response: Response) -> None:
    """Let the browser drop it."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
