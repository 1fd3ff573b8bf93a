"""Liveness, readiness and metrics over HTTP, for services without an HTTP port of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import orjson
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from commands.log.topics import EVENTS
from commands.ports.log import LogError
from services.base.http import HttpServer
from services.parts.base import Base
from services.parts.part import Part

READY_WAIT_S = 2.0
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class HealthPart(Part):
    """Starts first, so that a service that still restores its state answers too: alive, and not ready."""

    name = "health"

    def __init__(self, base: Base, parts: Sequence[Part]) -> None:
        self._log = base.log
        self._parts = parts
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._ready = False
        routes = [Route("/livez", self._livez), Route("/readyz", self._readyz), Route("/metrics", self._metrics)]
        self._server = HttpServer(Starlette(routes=routes), base.settings.host, base.settings.health_port)

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._server.start(tasks)

    async def stop(self) -> None:
        await self._server.stop()

    def started(self) -> None:
        """Mark the process as ready: all its parts have started."""
        self._ready = True

    async def _livez(self, _: Request) -> Response:
        return _json({"status": "alive"}, 200)

    async def _readyz(self, _: Request) -> Response:
        checks = {"started": "ok" if self._ready else "not yet", "log": await self._log_answers()}
        ready = all(reason == "ok" for reason in checks.values())
        return _json({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    async def _log_answers(self) -> str:
        """`ok`, or the kind of the error; no details, since anybody may ask."""
        try:
            async with asyncio.timeout(READY_WAIT_S):
                await self._log.ends(EVENTS)
        except (LogError, TimeoutError) as error:
            return type(error).__name__
        return "ok"

    async def _metrics(self, _: Request) -> Response:
        for part in self._parts:
            for name, value in part.gauges().items():
                if name not in self._gauges:
                    meaning = f"{name.replace('_', ' ')} of this process"
                    self._gauges[name] = Gauge(f"commonwatt_{name}", meaning, registry=self._registry)
                self._gauges[name].set(value)
        return Response(generate_latest(self._registry) + generate_latest(REGISTRY), media_type=PROMETHEUS)


def _json(content: object, status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
