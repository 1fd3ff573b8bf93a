"""Tracing: each request is a span; the records it appends to the log continue its trace."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.middleware import template
from commands.ports.tracing import Tracer


class Traced:
    """Starts a span per request. It is named by the route template, never by the path: a path may hold an id."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        with self.tracer.begin(method, Headers(scope=scope).get("traceparent")) as span:

            async def watch(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.describe({"http.response.status_code": message["status"]})
                await send(message)

            scope.setdefault("state", {})["traceparent"] = span.traceparent
            try:
                await self.app(scope, receive, watch)
            finally:
                route = template(scope)
                span.describe({"http.request.method": method, "http.route": route}, f"{method} {route}")
