"""Sites: register, limit, and watch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import site_load
from api.access import CurrentPrincipal, known_site, may, own_vehicles
from api.answers import Json
from api.call import NOT_YET, CurrentCall
from api.context import CurrentContext
from api.problems import Problem
from api.routes.paths import V1, From, Limit, PathId, To, in_order
from api.shapes.alarms import Alarms
from api.shapes.chargers import Chargers
from api.shapes.priority import PendingReviews
from api.shapes.sessions import Queue
from api.shapes.shape import Named
from api.shapes.sites import Decisions, Load, PromisedLimit, SiteNow, Sites
from api.views.alarms import alarm_view
from api.views.chargers import charger_view
from api.views.priority import pending_review_view
from api.views.sessions import waiting_view
from api.views.sites import (
    decision_view,
    grid_limit_view,
    load_point_view,
    promised_limit_view,
    site_view,
    undecided_limit_view,
)
from commands.log.topics import stream
from commands.register_site import SiteRequest
from commands.set_grid_limit import GridLimitRequest
from domain.records.load import GridLimitSet
from domain.records.registry import SiteRegistered
from domain.series.load_curve import Steps
from projections import alarms, chargers, decisions, grid_limits, priority_audit, sessions, sites

MOST_POINTS = 10_000
HOUR_MS = 3_600_000

router = APIRouter(prefix=f"{V1}/sites", tags=["sites"])


@router.post("", status_code=201, response_model=Named, responses=NOT_YET, dependencies=[may("site.register")])
async def register(call: CurrentCall, body: SiteRequest) -> Response:
    """Register a site and its electrical tree."""
    async with call.once(body) as submission:
        outcome = await submission.decide(body.stream(), body.command(), SiteRegistered)
        answer = {"id": body.id}
        if outcome is None:
            return await submission.answer(202, answer, final=False)
        return await submission.answer(201, answer, {"Location": f"{call.path}/{body.id}"})


@router.get("", response_model=Sites, dependencies=[may("site.see")])
async def every(context: CurrentContext) -> Response:
    """List all sites."""
    return Json({"sites": [site_view(row) for row in await context.database.read(sites.every)]})


@router.get("/{site_id}", response_model=SiteNow, dependencies=[may("site.see")])
async def one(context: CurrentContext, site_id: PathId) -> Response:
    """Get a site, its electrical tree, and its present and future grid limits."""
    row = await known_site(context, site_id)
    now_ms = context.clock.now_ms()
    caps = await context.database.read(lambda connection: grid_limits.not_over(connection, site_id, now_ms))
    return Json({**site_view(row), "grid_limits": [grid_limit_view(cap) for cap in caps]})


@router.post("/{site_id}/grid-limit", response_model=PromisedLimit, responses=NOT_YET, dependencies=[may("site.limit")])
async def set_grid_limit(call: CurrentCall, site_id: PathId, body: GridLimitRequest) -> Response:
    """Set a grid limit for a site.

    The answer says from when the limit holds and whether it is guaranteed.
    """
    await known_site(call.context, site_id)
    async with call.once(body) as submission:
        if note := body.note():
            await call.context.vault.notes.add(submission.id, note)
        command = body.command(submission.id)
        outcome = await submission.decide(stream("load", site_id), command, GridLimitSet)
        if outcome is None:
            return await submission.answer(202, undecided_limit_view(command), final=False)
        return await submission.answer(200, promised_limit_view(outcome))


@router.get("/{site_id}/queue", response_model=Queue, dependencies=[may("site.see")])
async def queue(context: CurrentContext, caller: CurrentPrincipal, site_id: PathId) -> Response:
    """List the queue of a site, in order.

    Vehicles that the caller may not see are listed without their ids.
    """
    rows = await context.database.read(lambda connection: sessions.waiting(connection, site_id))
    if not rows:
        await known_site(context, site_id)
    own = await own_vehicles(context, caller)
    return Json({"waiting": [waiting_view(row, visible=own is None or row["vehicle_id"] in own) for row in rows]})


@router.get("/{site_id}/chargers", response_model=Chargers, dependencies=[may("site.see")])
async def chargers_of(context: CurrentContext, caller: CurrentPrincipal, site_id: PathId) -> Response:
    """List the chargers of a site, each with the session that it serves or is held for.

    Sessions of vehicles that the caller may not see are listed without their ids.
    """
    rows = await context.database.read(lambda connection: chargers.at_site(connection, site_id))
    if not rows:
        await known_site(context, site_id)
    own = await own_vehicles(context, caller)
    return Json({"chargers": [charger_view(row, visible=own is None or row["vehicle_id"] in own) for row in rows]})


@router.get("/{site_id}/alarms", response_model=Alarms, dependencies=[may("site.alarms")])
async def alarms_of(
    context: CurrentContext, site_id: PathId, state: alarms.State = "open", limit: Limit = 100
) -> Response:
    """List the newest alarms of a site and its outlets, each with what an operator can do about it.

    The open ones; those that have ended by `state=ended`, or `all`.
    """
    await known_site(context, site_id)
    rows = await context.database.read(lambda connection: alarms.of_site(connection, site_id, state, limit))
    return Json({"alarms": [alarm_view(row) for row in rows]})


@router.get("/{site_id}/decisions", response_model=Decisions, dependencies=[may("site.decisions")])
async def decisions_of(context: CurrentContext, site_id: PathId, limit: Limit = 100) -> Response:
    """List the latest decisions about a site, each with its rule and its reason."""
    await known_site(context, site_id)
    rows = await context.database.read(lambda connection: decisions.latest(connection, site_id, limit))
    return Json({"decisions": [decision_view(row) for row in rows]})


@router.get("/{site_id}/urgent-reviews", response_model=PendingReviews, dependencies=[may("session.decide_review")])
async def urgent_reviews(context: CurrentContext, site_id: PathId) -> Response:
    """List the urgent reviews that an operator must decide, the most urgent first."""
    await known_site(context, site_id)
    now_ms = context.clock.now_ms()
    rows = await context.database.read(lambda connection: priority_audit.pending(connection, site_id, now_ms))
    return Json(
        {"reviews": [pending_review_view(row, await context.vault.notes.find(row["asked_id"])) for row in rows]}
    )


@router.get("/{site_id}/load", response_model=Load, dependencies=[may("site.see")])
async def load(
    context: CurrentContext,
    site_id: PathId,
    from_ms: From = None,
    until_ms: To = None,
    step: Annotated[int, Query(ge=10, le=86_400)] = 60,
) -> Response:
    """Get the load and the limit of a site over time, in steps of `step` seconds.

    `to` is now where it is left out, `from` an hour before `to`.
    """
    site = await known_site(context, site_id)
    ends_ms = context.clock.now_ms() if until_ms is None else until_ms
    begins_ms = ends_ms - HOUR_MS if from_ms is None else from_ms
    in_order(begins_ms, ends_ms)
    count = -(-(ends_ms - begins_ms) // (step * 1000))
    if count > MOST_POINTS:
        raise Problem(422, f"would give {count} points; the most is {MOST_POINTS}", field="step")
    points = await site_load.points(context, site, Steps(begins_ms, step * 1000, count))
    return Json({"step_s": step, "points": [load_point_view(point) for point in points]})
