"""What happens around every request: pure ASGI, so that it costs next to nothing."""

from __future__ import annotations

import time

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import Context, Vault
from api.metrics import Metrics
from api.problems import plain_problem

BODY_LIMIT = 1_000_000
TOO_LARGE = f"a body may have at most {BODY_LIMIT} bytes"
CLOSE = {"Connection": "close"}
NO_KEY = "an operator's API key is needed: Authorization: Bearer cw_..."
BEARER = {"WWW-Authenticate": "Bearer"}
PROTECTED = "/api/"


class Measured:
    """Counts and times requests by route template: never by path, which may hold an id."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self.metrics.request(scope["method"], _template(scope), status, time.perf_counter() - started)


class Authenticated:
    """Lets only operators in, before anything of the body is read."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app = app
        self.context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PROTECTED):
            principal = await bearer(scope, self.context.vault)
            if principal is None:
                await plain_problem(scope["path"], 401, NO_KEY, BEARER)(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = principal
        await self.app(scope, receive, send)


async def bearer(scope: Scope, vault: Vault) -> str | None:
    """Who sends this request, by the key in its Authorization header."""
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    key_id = await vault.key_id_of(key.strip()) if scheme.lower() == "bearer" else None
    return key_id and f"key:{key_id}"


class BodyLimited:
    """Refuses bodies that are too large: by what they announce, and by what arrives."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _announced(scope) > BODY_LIMIT:
            await plain_problem(scope["path"], 413, TOO_LARGE, CLOSE)(scope, receive, send)
        else:
            await self.app(scope, _counting(receive), send)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else BODY_LIMIT + 1


def _counting(receive: Receive) -> Receive:
    arrived = 0

    async def receive_some() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > BODY_LIMIT:
            raise HTTPException(413, TOO_LARGE, CLOSE)
        return message

    return receive_some


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path_format", None) or "unknown"
