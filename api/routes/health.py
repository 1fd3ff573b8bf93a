"""Whether this process lives, may be sent work, and how it does."""

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
"""By so much the clock may differ from the log's own."""
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/livez")
async def livez() -> Response:
    """The process answers; nothing else is looked at."""
    return Json({"status": "alive"})


@router.get("/readyz", responses={503: {"description": "Not ready: `checks` names what does not answer"}})
async def readyz(context: CurrentContext) -> Response:
    """Log, database and clock answer."""
    told = {name: await _told(context, check) for name, check in CHECKS.items()}
    ready = all(reason == "ok" for reason in told.values())
    return Json({"status": "ready" if ready else "not ready", "checks": told}, 200 if ready else 503)


@router.get("/metrics")
async def metrics(request: Request, context: CurrentContext) -> Response:
    """For Prometheus."""
    told = request.app.state.metrics
    told.telemetry(await _telemetry_ages_s(context))
    told.operation(await operation(context, request.app.state.parked))
    told.events(context.live.seen)
    told.sites({site["id"]: await site_load.now(context, site) for site in await context.database.read(sites.every)})
    ends = await context.log.ends(EVENTS)
    applied = await context.database.read(progress.applied)
    return Response(told.page(dict(ends), applied), media_type=PROMETHEUS)


async def _telemetry_ages_s(context: Context) -> dict[str, float]:
    newest_ms = {source: await context.series.newest_reading_ms(source) for source in get_args(ReadingSource)}
    now_ms = context.clock.now_ms()
    return {source: (now_ms - at_ms) / 1000 for source, at_ms in newest_ms.items() if at_ms is not None}


async def _told(context: Context, check: Callable[[Context], Awaitable[None]]) -> str:
    """`ok`, or what is wrong: of the kind only, for anybody may ask."""
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
    """The clock was set back: what happens now would be recorded as earlier than what is recorded already."""


async def _clock(context: Context) -> None:
    if context.clock.now_ms() < await latest_ms(context.log) - CLOCK_OFF_MS:
        raise ClockBehind


CHECKS = {"log": _log, "database": _database, "clock": _clock}
