"""Proofs of decisions: the rule that an event names is called again, with the inputs that the event holds."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import may
from api.answers import Json
from api.context import Context, CurrentContext
from api.lookup import find
from api.problems import SOON, Problem
from api.routes.paths import V1, PathId
from api.shapes.proofs import DecisionProof
from api.views.proofs import proof_view
from commands.log.codec import decode
from commands.log.topics import EVENTS
from domain.proof import Outlets, Unprovable, prove
from domain.records import Decision, Record
from projections import chargers, decisions
from projections.projection import Row

router = APIRouter(prefix=f"{V1}/events", tags=["events"])


@router.get("/{event_id}/proof", response_model=DecisionProof, dependencies=[may("events.see")])
async def proof(context: CurrentContext, event_id: PathId) -> Response:
    """The decision that an event holds, decided again from its recorded inputs, for those who may see the event.

    `equal` tells whether the outcome is the same; it is null where the rule can't be called again from the event alone.
    """
    row = await find(context, lambda connection: decisions.find(connection, event_id))
    if row is None:
        raise Problem(404, "there is no decision with this id", field="event_id")
    record, decision = await _recorded(context, row)
    outlets = await _outlets(context, record.stream)
    try:
        return Json(proof_view(record, decision, prove(decision, outlets)))
    except Unprovable as unprovable:
        return Json(proof_view(record, decision, unprovable))


async def _recorded(context: Context, row: Row) -> tuple[Record, Decision]:
    """The event on the log, at the place that the read model knows."""
    for stored in await context.log.read(EVENTS, row["partition"], row["offset"] - 1, limit=1):
        record = decode(stored.body)
        if record.id == row["id"] and isinstance(record.data, Decision):
            return record, record.data
    raise Problem(503, "the read models are being made again: ask again", headers=SOON)


async def _outlets(context: Context, stream: str) -> Outlets:
    """The chargers of a site, whose description never changes; none for a stream that is no site's."""
    processor, _, key = stream.partition(":")
    if processor != "sites":
        return {}
    return await context.database.read(lambda connection: chargers.outlets(connection, key))
