"""Middleware for every request: metrics, authentication, size limit. Pure ASGI, so that it costs next to nothing."""

from __future__ import annotations

import time

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import Context
from api.operations.metrics import Metrics
from api.problems import no_database, plain_problem
from commands.ports.database import DatabaseUnavailable
from commands.ports.identity import Identity
from domain.registry.access import Principal

BODY_LIMIT = 1_000_000
TOO_LARGE = f"a body may have at most {BODY_LIMIT} bytes"
CLOSE = {"Connection": "close"}
NO_TOKEN = "a token is needed: Authorization: Bearer ... (POST /api/v1/login gives one)"
BEARER = {"WWW-Authenticate": "Bearer"}
PROTECTED = "/api/"
OPEN = frozenset({"/api/v1/login"})


class Measured:
    """Counts and times requests by route template, never by path: a path may hold an id."""

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
            self.metrics.request(scope["method"], template(scope), status, time.perf_counter() - started)


class Authenticated:
    """Authenticates the caller before the body is read. Authorization is each route's (`api.access`)."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app = app
        self.context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PROTECTED) and scope["path"] not in OPEN:
            try:
                known = await principal_of(scope, self.context.identity)
            except DatabaseUnavailable:
                await no_database(scope["path"])(scope, receive, send)
                return
            if known is None:
                await plain_problem(scope["path"], 401, NO_TOKEN, BEARER)(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = known
        await self.app(scope, receive, send)


async def principal_of(scope: Scope, identity: Identity) -> Principal | None:
    """Whose token or key is in the request's Authorization header, or None."""
    scheme, _, bearer = Headers(scope=scope).get("authorization", "").partition(" ")
    return await identity.principal(bearer.strip()) if scheme.lower() == "bearer" else None


class BodyLimited:
    """Refuses bodies that are too large, by their Content-Length and by what arrives."""

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


def template(scope: Scope) -> str:
    """The template of the request's route, once it was found; otherwise `unknown`."""
    route = scope.get("route")
    return getattr(route, "path_format", None) or "unknown"
