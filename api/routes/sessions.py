"""Charging sessions: request, accept, snooze, cancel."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import check, known_vehicle, may, stream_of_session
from api.answers import Json
from api.call import NOT_YET, Call, CurrentCall
from api.context import Context, CurrentContext
from api.problems import Problem
from api.routes.paths import V1, PathId
from api.shapes.sessions import Session, SignedValues
from api.site_choice import chosen_site
from api.views.sessions import session_view, signed_value_view
from commands.for_people import for_people
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
from projections import rejections, sessions, signed_values, vehicles
from projections.projection import Row

router = APIRouter(prefix=f"{V1}/sessions", tags=["sessions"])


@router.post("/request", status_code=202, response_model=Session)
async def request(call: CurrentCall, body: SessionRequest) -> Response:
    """Request a charging session.

    The answer holds the decision; with `Prefer: respond-async` it does not wait for it.
    """
    vehicle = await known_vehicle(call.context, body.vehicle_id)
    vehicle_id = vehicle["id"]
    check(call.principal, "session.request", vehicles.belongs(vehicle), "vehicle_id")
    site = await chosen_site(call.context, body.site_id, vehicle_id)
    async with call.once(body) as submission:
        command = body.command(submission.id, vehicle_id, site["id"], site["location_zone"], submission.now_ms)
        requested = sessions.requested(submission.id, vehicle_id, site["id"])
        if call.respond_async:
            await submission.append(stream("vehicles", vehicle_id), command)
            return await submission.answer(202, await _with_vin(call.context, requested))
        outcome = await submission.decide(stream("vehicles", vehicle_id), command, SessionQueued, SessionRefused)
        if outcome is not None and vehicle["priority_eligible"]:
            # The priority comes after the place: its quota is counted on a stream of its own, that of the enterprise.
            await submission.consequence(SessionTierChanged, PriorityDenied)
        view = await _with_vin(call.context, await _row(call.context, submission.id) or requested)
        headers = {"Location": f"{V1}/sessions/{submission.id}"}
        return await submission.answer(202, view, headers, final=outcome is not None)


@router.get("/{session_id}", response_model=Session, dependencies=[may("session.see")])
async def one(context: CurrentContext, session_id: PathId) -> Response:
    """Get a charging session.

    A request that a rule rejected is a session with the state `rejected` and the reason.
    """
    row = await _row(context, session_id) or await _rejected(context, session_id)
    if row is None:
        raise Problem(404, "there is no such session", field="session_id")
    return Json(await _with_vin(context, row))


@router.get("/{session_id}/signed-values", response_model=SignedValues, dependencies=[may("session.see")])
async def signed(context: CurrentContext, session_id: PathId) -> Response:
    """Get the signed meter values of a charging session, character by character as its charger sent them."""
    if await _row(context, session_id) is None:
        raise Problem(404, "there is no such session", field="session_id")
    found = await context.database.read(lambda connection: signed_values.of_session(connection, session_id))
    return Json({"signed_values": [signed_value_view(row) for row in found]})


@router.post("/{session_id}/accept", response_model=Session, responses=NOT_YET, dependencies=[may("session.change")])
async def accept(call: CurrentCall, session_id: PathId) -> Response:
    """Accept the charger that is held for the session."""
    return await _change(call, session_id, AcceptOffer(session_id=session_id), SessionAssigned)


@router.post("/{session_id}/snooze", response_model=Session, responses=NOT_YET, dependencies=[may("session.change")])
async def snooze(call: CurrentCall, session_id: PathId) -> Response:
    """Decline the charger that is held for the session, and keep the place in the queue."""
    return await _change(call, session_id, SnoozeOffer(session_id=session_id), SessionSnoozed)


@router.post("/{session_id}/cancel", response_model=Session, responses=NOT_YET, dependencies=[may("session.change")])
async def cancel(call: CurrentCall, session_id: PathId) -> Response:
    """Leave the queue, or end the charging."""
    return await _change(call, session_id, CancelSession(session_id=session_id), SessionEnded)


async def _change(call: Call, session_id: str, command: Payload, awaited: type[Payload]) -> Response:
    vehicle = await stream_of_session(call.context, session_id)
    async with call.once(None) as submission:
        outcome = await submission.decide(vehicle, command, awaited)
        row = await _row(call.context, session_id)
        view = row and await _with_vin(call.context, row)
        return await submission.answer(200 if outcome else 202, view, final=outcome is not None)


async def _row(context: Context, session_id: str) -> Row | None:
    """A session of the read models, if any.

    Two are joined: what its vehicle's stream knows of the request, and what its site's stream knows of the session.
    """
    return await context.database.read(lambda connection: sessions.find(connection, session_id))


async def _rejected(context: Context, session_id: str) -> Row | None:
    """A session that a rule rejected: it bears the id of the command that requested it, and so does the rejection.

    The rejection can be read by now: `may` has looked the session up, until all earlier requests were decided.
    """
    rejection = await context.database.read(lambda connection: rejections.caused_by(connection, session_id))
    if rejection is None or rejection["input_type"] not in ("vehicles.request_session.v1", "session.requested.v1"):
        return None
    return {
        **sessions.requested(session_id, None, None),
        "state": "rejected",
        "reason": for_people(rejection["reason"]),
    }


async def _with_vin(context: Context, row: Row) -> dict[str, object]:
    """The view with the VIN: a caller who may see a session may see whose it is."""
    vehicle_id = row["vehicle_id"]
    vins = await context.vault.vehicles.vins([vehicle_id]) if vehicle_id is not None else {}
    return session_view(row, vins.get(vehicle_id))
