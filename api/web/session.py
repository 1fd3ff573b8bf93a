"""Who is logged in to the pages: a token in a cookie that no script can read and no other site sends along."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.context import Context
from domain.access import Principal

COOKIE = "commonwatt"
KEY_LASTS_S = 8 * 3600


def token_of(request: Request) -> str | None:
    """The token that the browser holds, if any. Whether it is good is another question."""
    return request.cookies.get(COOKIE)


async def principal_of(request: Request) -> Principal | None:
    """Who is logged in, None: nobody, or no longer."""
    token = token_of(request)
    key_id = await request.app.state.context.vault.key_id_of(token) if token else None
    return None if key_id is None else Principal(f"key:{key_id}", "operator")


async def log_in(context: Context, email: str, password: str) -> tuple[str, int] | None:
    """A token for these credentials, and the time (s since 1970 UTC) at which it expires; None: they are wrong."""
    if await context.vault.key_id_of(password) is None:
        return None
    return password, context.clock.now_ms() // 1000 + KEY_LASTS_S


def keep(response: Response, request: Request, token: str, lasts_s: int) -> None:
    """Let the browser hold the token."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, lasts_s, path="/", secure=secure, httponly=True, samesite="strict")


def forget(response: Response) -> None:
    """Let the browser drop it."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
