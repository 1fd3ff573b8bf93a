"""Outlets: why each is in its state, and what an operator can do about it."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.access import may
from api.answers import Json
from api.call import NOT_YET, Call, CurrentCall
from api.context import Context, CurrentContext
from api.lookup import find
from api.problems import Problem
from api.routes.paths import V1, OutletId
from api.shapes.chargers import ChargerChange, ChargerNow
from api.views.alarms import alarm_view
from api.views.charger_events import BY_OPERATORS, event_view, told
from api.views.chargers import charger_now_view
from commands.close_transaction import TransactionClosing
from commands.end_session import SessionEnding
from commands.log.topics import stream
from commands.release_outlet import ReleaseRequest
from commands.trust_again import TrustRequest
from domain.records import Payload
from domain.records.load import TransactionStopped, TrustedAgain
from domain.records.sites import ChargerReleased, SessionEnded, SessionRequeued
from projections import alarms, charger_events, chargers
from projections.projection import Row

router = APIRouter(prefix=f"{V1}/chargers/{{charger_id}}", tags=["chargers"])
LATEST = 30
P = TypeVar("P", bound=Payload)


Lever = TransactionClosing | TrustRequest | SessionEnding | ReleaseRequest
"""The body of a request that changes the state of an outlet."""


@router.get("", response_model=ChargerNow, dependencies=[may("charger.see")])
async def one(
    context: CurrentContext, charger_id: OutletId, limit: Annotated[int, Query(ge=1, le=200)] = LATEST
) -> Response:
    """Get an outlet, its open alarms and its latest events in words.

    It says what the charger sent, what was not believed and why, and what an operator can do.
    """
    row = await _outlet(context, charger_id)
    outlet_id = row["id"]
    detailed = await context.database.read(lambda connection: chargers.in_detail(connection, outlet_id))
    open_alarms = await context.database.read(lambda connection: alarms.open_ones(connection, outlet_id))
    events = await context.database.read(lambda connection: charger_events.latest(connection, outlet_id, limit))
    assert detailed is not None
    return Json(
        charger_now_view(
            detailed,
            [alarm_view(alarm) for alarm in open_alarms],
            [event_view(event, await _note(context, event)) for event in events],
        )
    )


@router.post(
    "/close-transaction", response_model=ChargerChange, responses=NOT_YET, dependencies=[may("charger.command")]
)
async def close_transaction(call: CurrentCall, charger_id: OutletId, body: TransactionClosing) -> Response:
    """Close a transaction that its charger does not end.

    Its energy is that of its last reading until its stop comes. What it drew counts until 0 A are measured.
    """
    return await _change(call, charger_id, "load", body, TransactionStopped)


@router.post("/trust-again", response_model=ChargerChange, responses=NOT_YET, dependencies=[may("charger.command")])
async def trust_again(call: CurrentCall, charger_id: OutletId, body: TrustRequest) -> Response:
    """Let a charger prove anew that it follows its limits.

    It gets current again, and counts at its maximum until it has followed a decrease.
    """
    return await _change(call, charger_id, "load", body, TrustedAgain)


@router.post("/end-session", response_model=ChargerChange, responses=NOT_YET, dependencies=[may("charger.command")])
async def end_session(call: CurrentCall, charger_id: OutletId, body: SessionEnding) -> Response:
    """End the session that an outlet serves or is held for.

    Its car gets no more current, also one that came without a request.
    """
    return await _change(call, charger_id, "sites", body, SessionEnded)


@router.post("/release", response_model=ChargerChange, responses=NOT_YET, dependencies=[may("charger.command")])
async def release(call: CurrentCall, charger_id: OutletId, body: ReleaseRequest) -> Response:
    """Release an outlet that is held or occupied.

    The session that it is held for waits again, at its place.
    """
    return await _change(call, charger_id, "sites", body, SessionRequeued, ChargerReleased)


async def _change(call: Call, charger_id: str, processor: str, body: Lever, *awaited: type[P]) -> Response:
    row = await _outlet(call.context, charger_id)
    async with call.once(body) as submission:
        await call.context.vault.notes.add(submission.id, body.reason)
        decided = await submission.decide(stream(processor, row["site_id"]), body.command(row["id"]), *awaited)
        answer = {"charger_id": row["id"], "outcome": None if decided is None else told(decided)}
        return await submission.answer(202 if decided is None else 200, answer, final=decided is not None)


async def _outlet(context: Context, charger_id: str) -> Row:
    """The outlet that is named, or the only one of its charger. Raises a problem for none, or one of several."""
    if await find(context, lambda connection: chargers.find(connection, charger_id)) is None:
        raise Problem(404, "there is no such charger", field="charger_id")
    outlets = await context.database.read(lambda connection: chargers.of_charger(connection, charger_id))
    if len(outlets) > 1:
        names = ", ".join(outlet["id"] for outlet in outlets)
        raise Problem(422, f"must name one of its outlets: {names}", field="charger_id")
    return outlets[0]


async def _note(context: Context, event: Row) -> str | None:
    """The reason that an operator gave."""
    return await context.vault.notes.find(event["correlationid"]) if event["type"] in BY_OPERATORS else None
