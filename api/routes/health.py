"""Liveness, readiness and metrics of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import get_args

from fastapi import APIRouter, Request
from sqlalchemy import text
from starlette.responses import Response

from api import site_load
from api.answers import Json
from api.context import Context, CurrentContext
from api.operations.operation import operation
from commands.log.latest_log_time import latest_ms
from commands.log.topics import EVENTS
from domain.records.observations import ReadingSource
from projections import progress, sites

router = APIRouter(tags=["health"])
READY_WAIT_S = 2.0
CLOCK_OFF_MS = 1000
"""The clock may be behind the times on the log by this much."""
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/livez")
async def livez() -> Response:
    """Report that the process is alive.

    Nothing else is checked.
    """
    return Json({"status": "alive"})


@router.get("/readyz", responses={503: {"description": "Not ready; `checks` names what does not work"}})
async def readyz(context: CurrentContext) -> Response:
    """Report whether the process is ready: log, database and clock work."""
    checks = {name: await _result(context, check) for name, check in CHECKS.items()}
    ready = all(result == "ok" for result in checks.values())
    return Json({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


@router.get("/metrics")
async def metrics(request: Request, context: CurrentContext) -> Response:
    """Get the metrics, for Prometheus."""
    gauges = request.app.state.metrics
    gauges.telemetry(await _telemetry_ages_s(context))
    gauges.operation(await operation(context, request.app.state.parked))
    gauges.events(context.live.seen)
    gauges.sites({site["id"]: await site_load.now(context, site) for site in await context.database.read(sites.every)})
    ends = await context.log.ends(EVENTS)
    applied = await context.database.read(progress.applied)
    return Response(gauges.text(dict(ends), applied), media_type=PROMETHEUS)


async def _telemetry_ages_s(context: Context) -> dict[str, float]:
    newest_ms = {source: await context.series.newest_reading_ms(source) for source in get_args(ReadingSource)}
    now_ms = context.clock.now_ms()
    return {source: (now_ms - at_ms) / 1000 for source, at_ms in newest_ms.items() if at_ms is not None}


async def _result(context: Context, check: Callable[[Context], Awaitable[None]]) -> str:
    """`ok`, or the kind of error: no more, since anybody may ask."""
    try:
        async with asyncio.timeout(READY_WAIT_S):
            await check(context)
    except Exception as error:
        return type(error).__name__
    return "ok"


async def _log(context: Context) -> None:
    await context.log.ends(EVENTS)


async def _database(context: Context) -> None:
    await context.database.read(lambda connection: connection.execute(text("SELECT 1")).one())


class ClockBehind(Exception):
    """The clock was set back: new records would be earlier than those on the log."""


async def _clock(context: Context) -> None:
    if context.clock.now_ms() < await latest_ms(context.log) - CLOCK_OFF_MS:
        raise ClockBehind


CHECKS = {"log": _log, "database": _database, "clock": _clock}
