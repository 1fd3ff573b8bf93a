"""Readings of vehicles: taken in, and shown over time."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import shapes, views
from api.access import known_vehicle, may
from api.answers import Answer, Json
from api.call import Asked, Calling
from api.context import Context, Given
from api.problems import Problem
from api.routes.paths import V1, From, PathId, To, in_order
from commands.log.topics import stream
from commands.ports.series import TelemetryType
from commands.quantities import EARLIEST, LATEST, rfc3339, to_ms
from commands.record_reading import ReadingRequest
from domain.records.observations import ReadingSource
from domain.registry.access import Principal
from domain.series.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS
from domain.series.reading_buckets import SAMPLED_TYPES, SampledType
from domain.vehicle.zone import is_cell
from projections import sites

Resolution = Literal["raw", "1m", "15m", "1h"]
WIDTHS_MS = {"1m": MINUTE_MS, "15m": QUARTER_MS, "1h": HOUR_MS}

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


@router.get("", response_model=shapes.Telemetry | shapes.CoarseTelemetry, dependencies=[may("vehicle.see")])
async def telemetry(
    context: Given,
    vehicle_id: PathId,
    kind: Annotated[TelemetryType | None, Query(alias="type")] = None,
    from_ms: From = None,
    until_ms: To = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    resolution: Resolution = "raw",
) -> Response:
    """What was told of a vehicle, the newest first, be it believed or not: observed at `from` or later, before `to`.

    With a `resolution` of 1m, 15m or 1h: what was told in each such time that begins in the range.
    """
    begins_ms = to_ms(EARLIEST) if from_ms is None else from_ms
    ends_ms = to_ms(LATEST) if until_ms is None else until_ms
    in_order(begins_ms, ends_ms)
    known_id = (await known_vehicle(context, vehicle_id, status=404))["id"]
    vin = (await context.vault.vehicles.vins([known_id])).get(known_id)
    if resolution == "raw":
        events = await context.series.telemetry(known_id, kind, begins_ms, ends_ms, limit)
        return Json({"telemetry": [views.telemetry_event(event, vin) for event in events]})
    width_ms, sampled = WIDTHS_MS[resolution], _sampled(kind)
    buckets = await context.series.reading_buckets(width_ms, known_id, sampled, begins_ms, ends_ms, limit)
    return Json({"telemetry": [views.reading_bucket(bucket, width_ms, vin) for bucket in buckets]})


def source_of(principal: Principal) -> tuple[ReadingSource, str | None]:
    """Whose word it is: only an integration's is believed, and about missions only that of the vehicle's enterprise."""
    return ("integration", principal.enterprise_id) if principal.role == "integration" else ("driver", None)


def _sampled(kind: TelemetryType | None) -> SampledType | None:
    if kind is not None and kind not in SAMPLED_TYPES:
        raise Problem(422, f"only raw for {kind}: where a vehicle was is not kept for longer", field="resolution")
    return cast(SampledType | None, kind)


async def _check_zone(context: Context, zone: str | None) -> None:
    """Only what is as coarse as a cell, or a site's own zone, may enter the log: never a position in disguise."""
    if zone is None or is_cell(zone):
        return
    if all(row["location_zone"] != zone for row in await context.database.read(sites.every)):
        raise Problem(422, "must be a geohash of five characters, or the zone of a site", field="location_zone")
