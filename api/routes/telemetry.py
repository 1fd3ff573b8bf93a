"""Readings of vehicles: taken in, and shown over time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import views
from api.answers import Answer, Json
from api.call import Asked, Call, Calling
from api.context import Context, Given
from api.problems import Problem
from api.routes.paths import V1, From, PathId, To, in_order
from api.routes.vehicles import id_of
from commands.ports import TelemetryType
from commands.quantities import EARLIEST, LATEST, rfc3339, to_ms
from commands.record_reading import ReadingRequest
from commands.topics import stream
from domain.records.readings import ReadingSource

router = APIRouter(prefix=f"{V1}/vehicles/{{vehicle_id}}/telemetry", tags=["telemetry"])


@router.post("", status_code=202)
async def record(call: Calling, vehicle_id: PathId, body: ReadingRequest) -> Response:
    """Take in a reading; answered once it can't be lost. Whether it is believed is decided by the rules."""
    known_id = await _known(call.context, vehicle_id)

    async def act(asked: Asked) -> Answer:
        reading = body.reading(known_id, *source_of(call), asked.now_ms)
        await call.append(asked, stream("vehicles", known_id), reading)
        return Answer(202, {"reading_id": asked.id, "received_at": rfc3339(asked.now_ms)})

    return await call.once(body, act)


@router.get("")
async def telemetry(
    context: Given,
    vehicle_id: PathId,
    kind: Annotated[TelemetryType | None, Query(alias="type")] = None,
    from_ms: From = None,
    until_ms: To = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What was told of a vehicle, the newest first, be it believed or not: observed at `from` or later, before `to`."""
    begins_ms = to_ms(EARLIEST) if from_ms is None else from_ms
    ends_ms = to_ms(LATEST) if until_ms is None else until_ms
    in_order(begins_ms, ends_ms)
    known_id = await _known(context, vehicle_id)
    events = await context.series.telemetry(known_id, kind, begins_ms, ends_ms, limit)
    return Json({"telemetry": [views.telemetry_event(event) for event in events]})


def source_of(call: Call) -> tuple[ReadingSource, str | None]:
    """Whose word it is. An operator's key is an integration of no enterprise: not believed about missions."""
    return "integration", None


async def _known(context: Context, given: str) -> str:
    """The id of a vehicle, or a 404. The error does not repeat what was given: it may be a VIN."""
    vehicle_id = await id_of(context, given)
    if vehicle_id is None:
        raise Problem(404, "there is no such vehicle", field="vehicle_id")
    return vehicle_id
