"""Sessions: asked for, accepted, snoozed, cancelled."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import shapes, views
from api.access import check, known_vehicle, may, stream_of_session
from api.answers import Answer, Json
from api.call import NOT_YET, Asked, Call, Calling
from api.context import Context, Given
from api.problems import Problem
from api.routes.paths import V1, PathId
from api.site_choice import chosen_site
from commands.log.topics import stream
from commands.request_session import SessionRequest
from domain.records import Payload
from domain.records.sites import (
    SessionAssigned,
    SessionEnded,
    SessionQueued,
    SessionRefused,
    SessionSnoozed,
    SessionTierChanged,
)
from domain.records.vehicles import AcceptOffer, CancelSession, PriorityDenied, SnoozeOffer
from projections import rejections, sessions, vehicles
from projections.projection import Row

router = APIRouter(prefix=f"{V1}/sessions", tags=["sessions"])


@router.post("/request", status_code=202, response_model=shapes.Session)
async def request(call: Calling, body: SessionRequest) -> Response:
    """Ask to charge. Answers with the decision; with `Prefer: respond-async` at once."""
    vehicle = await known_vehicle(call.context, body.vehicle_id)
    vehicle_id = vehicle["id"]
    check(call.principal, "session.request", vehicles.belongs(vehicle), "vehicle_id")
    site = await chosen_site(call.context, body.site_id, vehicle_id)

    async def act(asked: Asked) -> Answer:
        command = body.command(asked.id, vehicle_id, site["id"], site["location_zone"], asked.now_ms)
        about = stream("vehicles", vehicle_id)
        if call.respond_async:
            await call.append(asked, about, command)
            return Answer(202, await _asked(call.context, asked.id, vehicle_id, site["id"]))
        done = await call.decide(asked, about, command, SessionQueued, SessionRefused, field_names=body.field_names)
        if done is not None and vehicle["priority_eligible"]:
            await call.settled(asked, SessionTierChanged, PriorityDenied)
        view = await _view(call.context, asked.id) or await _asked(call.context, asked.id, vehicle_id, site["id"])
        return Answer(202, view, {"Location": f"{V1}/sessions/{asked.id}"}, final=done is not None)

    return await call.once(body, act)


@router.get("/{session_id}", response_model=shapes.Session, dependencies=[may("session.see")])
async def one(context: Given, session_id: PathId) -> Response:
    """A session; one that a rule rejected is told with the reason."""
    view = await _view(context, session_id) or await _rejected(context, session_id)
    if view is None:
        raise Problem(404, "there is no such session", field="session_id")
    return Json(view)


@router.post(
    "/{session_id}/accept", response_model=shapes.Session, responses=NOT_YET, dependencies=[may("session.change")]
)
async def accept(call: Calling, session_id: PathId) -> Response:
    """Take the charger that is held."""
    return await _tell(call, session_id, AcceptOffer(session_id=session_id), SessionAssigned)


@router.post(
    "/{session_id}/snooze", response_model=shapes.Session, responses=NOT_YET, dependencies=[may("session.change")]
)
async def snooze(call: Calling, session_id: PathId) -> Response:
    """Let this offer pass, and keep the place."""
    return await _tell(call, session_id, SnoozeOffer(session_id=session_id), SessionSnoozed)


@router.post(
    "/{session_id}/cancel", response_model=shapes.Session, responses=NOT_YET, dependencies=[may("session.change")]
)
async def cancel(call: Calling, session_id: PathId) -> Response:
    """Leave the queue, or end the charging."""
    return await _tell(call, session_id, CancelSession(session_id=session_id), SessionEnded)


async def _tell(call: Call, session_id: str, command: Payload, awaited: type[Payload]) -> Response:
    vehicle = await stream_of_session(call.context, session_id)

    async def act(asked: Asked) -> Answer:
        done = await call.decide(asked, vehicle, command, awaited)
        view = await _view(call.context, session_id)
        return Answer(200, view) if done else Answer(202, view, final=False)

    return await call.once(None, act)


async def _find(context: Context, session_id: str) -> Row | None:
    return await context.database.read(lambda connection: sessions.find(connection, session_id))


async def _view(context: Context, session_id: str) -> dict[str, object] | None:
    row = await _find(context, session_id)
    return row and await _shown(context, row)


async def _asked(context: Context, session_id: str, vehicle_id: str | None, site_id: str | None) -> dict[str, object]:
    """A session of which nothing is known but that it was asked for."""
    return await _shown(context, sessions.requested(session_id, vehicle_id, site_id))


async def _shown(context: Context, row: Row) -> dict[str, object]:
    """With the VIN from the vault: who may see a session may see whose it is."""
    vehicle_id = row["vehicle_id"]
    vins = await context.vault.vehicles.vins([vehicle_id]) if vehicle_id is not None else {}
    return views.session(row, vins.get(vehicle_id))


async def _rejected(context: Context, session_id: str) -> dict[str, object] | None:
    """A session bears the id of the command that asked for it, and so does the rejection of that.

    It can be read by now: whose the session is was looked for before, until all was decided that had been asked.
    """
    told = await context.database.read(lambda connection: rejections.caused_by(connection, session_id))
    if told is None or told["input_type"] not in ("vehicles.request_session.v1", "session.requested.v1"):
        return None
    return {**await _asked(context, session_id, None, None), "state": "rejected", "reason": told["reason"]}
