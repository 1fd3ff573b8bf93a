"""Readings of vehicles: taken in, and shown over time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import shapes, views
from api.access import known_vehicle, may
from api.answers import Answer, Json
from api.call import Asked, Calling
from api.context import Context, Given
from api.problems import Problem
from api.routes.paths import V1, From, PathId, To, in_order
from commands.ports import TelemetryType
from commands.quantities import EARLIEST, LATEST, rfc3339, to_ms
from commands.record_reading import ReadingRequest
from commands.topics import stream
from domain.access import Principal
from domain.records.readings import ReadingSource
from domain.zone import is_cell
from projections import sites

router = APIRouter(prefix=f"{V1}/vehicles/{{vehicle_id}}/telemetry", tags=["telemetry"])


@router.post("", status_code=202, response_model=shapes.Received, dependencies=[may("vehicle.tell")])
async def record(call: Calling, vehicle_id: PathId, body: ReadingRequest) -> Response:
    """Take in a reading; answered once it can't be lost. Whether it is believed is decided by the rules."""
    known_id = (await known_vehicle(call.context, vehicle_id, status=404))["id"]

    await _check_zone(call.context, body.location_zone)

    async def act(asked: Asked) -> Answer:
        reading = body.reading(known_id, *source_of(call.principal), asked.now_ms)
        await call.append(asked, stream("vehicles", known_id), reading)
        return Answer(202, {"reading_id": asked.id, "received_at": rfc3339(asked.now_ms)})

    return await call.once(body, act)


@router.get("", response_model=shapes.Telemetry, dependencies=[may("vehicle.see")])
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
    known_id = (await known_vehicle(context, vehicle_id, status=404))["id"]
    events = await context.series.telemetry(known_id, kind, begins_ms, ends_ms, limit)
    vin = (await context.vault.vins([known_id])).get(known_id)
    return Json({"telemetry": [views.telemetry_event(event, vin) for event in events]})


def source_of(principal: Principal) -> tuple[ReadingSource, str | None]:
    """Whose word it is: only an integration's is believed, and about missions only that of the vehicle's enterprise."""
    return ("integration", principal.enterprise_id) if principal.role == "integration" else ("driver", None)


async def _check_zone(context: Context, zone: str | None) -> None:
    """Only what is as coarse as a cell, or a site's own zone, may enter the log: never a position in disguise."""
    if zone is None or is_cell(zone):
        return
    if all(row["location_zone"] != zone for row in await context.database.read(sites.every)):
        raise Problem(422, "must be a geohash of five characters, or the zone of a site", field="location_zone")
