"""Sites: registered, capped, and what happens there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import shapes, site_load, views
from api.access import Caller, known_site, may, own_vehicles
from api.answers import Answer, Json
from api.call import NOT_YET, Asked, Calling
from api.context import Given
from api.problems import Problem
from api.routes.paths import V1, From, PathId, To, in_order
from commands.log.topics import stream
from commands.quantities import rfc3339
from commands.register_site import SiteRequest
from commands.set_grid_limit import GridLimitRequest
from domain.records.load import GridLimitSet
from domain.records.registry import SiteRegistered
from domain.series.load_curve import Steps
from projections import chargers, decisions, grid_limits, priority_audit, sessions, sites

MOST_POINTS = 10_000
HOUR_MS = 3_600_000

router = APIRouter(prefix=f"{V1}/sites", tags=["sites"])


@router.post("", status_code=201, response_model=shapes.Named, responses=NOT_YET, dependencies=[may("site.register")])
async def register(call: Calling, body: SiteRequest) -> Response:
    """Register a site with its electrical tree."""

    async def act(asked: Asked) -> Answer:
        done = await call.decide(asked, body.stream(), body.command(), SiteRegistered, field_names=body.field_names)
        answer = {"id": body.id}
        return Answer(201, answer, {"Location": f"{call.path}/{body.id}"}) if done else Answer(202, answer, final=False)

    return await call.once(body, act)


@router.get("", response_model=shapes.Sites, dependencies=[may("site.see")])
async def every(context: Given) -> Response:
    """All sites."""
    return Json({"sites": [views.site(row) for row in await context.database.read(sites.every)]})


@router.get("/{site_id}", response_model=shapes.SiteNow, dependencies=[may("site.see")])
async def one(context: Given, site_id: PathId) -> Response:
    """A site, its tree, and the caps that hold now or later."""
    row = await known_site(context, site_id)
    now_ms = context.clock.now_ms()
    caps = await context.database.read(lambda connection: grid_limits.not_over(connection, site_id, now_ms))
    return Json({**views.site(row), "grid_limits": [views.grid_limit(cap) for cap in caps]})


@router.post(
    "/{site_id}/grid-limit", response_model=shapes.PromisedLimit, responses=NOT_YET, dependencies=[may("site.limit")]
)
async def set_grid_limit(call: Calling, site_id: PathId, body: GridLimitRequest) -> Response:
    """Promise a cap; the answer says from when it holds and whether it is guaranteed."""
    await known_site(call.context, site_id)

    async def act(asked: Asked) -> Answer:
        if note := body.note():
            await call.context.vault.notes.add(asked.id, note)
        command = body.command(asked.id)
        done = await call.decide(asked, stream("load", site_id), command, GridLimitSet, field_names=body.field_names)
        if done is None:
            known = {"cap_id": asked.id, "limit_kw": command.limit_w / 1000}
            unknown = {"holds_from": None, "guaranteed": None, "reason": "stored, not decided yet"}
            return Answer(202, known | unknown, final=False)
        return Answer(200, _promised(done.record.data))

    return await call.once(body, act)


def _promised(decided: GridLimitSet) -> dict[str, object]:
    return {
        "cap_id": decided.cap_id,
        "limit_kw": decided.limit_w / 1000,
        "holds_from": rfc3339(decided.holds_from_ms),
        "guaranteed": decided.guaranteed,
        "reason": decided.reason,
    }


@router.get("/{site_id}/queue", response_model=shapes.Queue, dependencies=[may("site.see")])
async def queue(context: Given, caller: Caller, site_id: PathId) -> Response:
    """Who waits, in order. `place` 1 is next; 0: a charger is held for this car. Whose the others are is not told."""
    rows = await context.database.read(lambda connection: sessions.waiting(connection, site_id))
    if not rows:
        await known_site(context, site_id)
    own = await own_vehicles(context, caller)
    return Json({"waiting": [views.waiting(row, known=own is None or row["vehicle_id"] in own) for row in rows]})


@router.get("/{site_id}/chargers", response_model=shapes.Chargers, dependencies=[may("site.see")])
async def chargers_of(context: Given, caller: Caller, site_id: PathId) -> Response:
    """The chargers, and whom each is held for, serves, or is occupied by; only one's own sessions are named."""
    rows = await context.database.read(lambda connection: chargers.at_site(connection, site_id))
    if not rows:
        await known_site(context, site_id)
    own = await own_vehicles(context, caller)
    return Json({"chargers": [views.charger(row, known=own is None or row["vehicle_id"] in own) for row in rows]})


@router.get("/{site_id}/decisions", response_model=shapes.Decisions, dependencies=[may("site.decisions")])
async def decisions_of(context: Given, site_id: PathId, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """The newest decisions, each with its rule and its reason."""
    await known_site(context, site_id)
    rows = await context.database.read(lambda connection: decisions.latest(connection, site_id, limit))
    return Json({"decisions": [views.decision(row) for row in rows]})


@router.get(
    "/{site_id}/urgent-reviews", response_model=shapes.PendingReviews, dependencies=[may("session.decide_review")]
)
async def urgent_reviews(context: Given, site_id: PathId) -> Response:
    """The reviews that wait for an operator's word, the one that must be decided first first."""
    await known_site(context, site_id)
    now_ms = context.clock.now_ms()
    rows = await context.database.read(lambda connection: priority_audit.pending(connection, site_id, now_ms))
    return Json(
        {"reviews": [views.pending_review(row, await context.vault.notes.find(row["asked_id"])) for row in rows]}
    )


@router.get("/{site_id}/load", response_model=shapes.Load, dependencies=[may("site.see")])
async def load(
    context: Given,
    site_id: PathId,
    from_ms: From = None,
    until_ms: To = None,
    step: Annotated[int, Query(ge=10, le=86_400)] = 60,
) -> Response:
    """The mean load in each step of `step` s, null where it is not known, and the limit as the step begins.

    From `from` (an hour before `to` when left out) to `to` (now).
    """
    site = await known_site(context, site_id)
    ends_ms = context.clock.now_ms() if until_ms is None else until_ms
    begins_ms = ends_ms - HOUR_MS if from_ms is None else from_ms
    in_order(begins_ms, ends_ms)
    count = -(-(ends_ms - begins_ms) // (step * 1000))
    if count > MOST_POINTS:
        raise Problem(422, f"would make {count} points, at most {MOST_POINTS} are told", field="step")
    found = await site_load.points(context, site, Steps(begins_ms, step * 1000, count))
    return Json({"step_s": step, "points": [views.load_point(point) for point in found]})
