"""Readings of vehicles: report and list."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.access import known_vehicle, may
from api.answers import Json
from api.call import CurrentCall
from api.context import Context, CurrentContext
from api.problems import Problem
from api.routes.paths import V1, From, Limit, PathId, To, in_order
from api.shapes.telemetry import CoarseTelemetry, Received, Telemetry
from api.views.telemetry import telemetry_bucket_view, telemetry_event_view
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


@router.post("", status_code=202, response_model=Received, dependencies=[may("vehicle.report")])
async def record(call: CurrentCall, vehicle_id: PathId, body: ReadingRequest) -> Response:
    """Report a reading of a vehicle.

    The answer comes once the reading is stored. Whether it counts as verified is decided later.
    """
    known_id = (await known_vehicle(call.context, vehicle_id, status=404))["id"]
    await _check_zone(call.context, body.location_zone)
    async with call.once(body) as submission:
        reading = body.reading(known_id, *source_of(call.principal), submission.now_ms)
        await submission.append(stream("vehicles", known_id), reading)
        answer = {"reading_id": submission.id, "received_at": rfc3339(submission.now_ms)}
        return await submission.answer(202, answer)


@router.get("", response_model=Telemetry | CoarseTelemetry, dependencies=[may("vehicle.see")])
async def telemetry(
    context: CurrentContext,
    vehicle_id: PathId,
    kind: Annotated[TelemetryType | None, Query(alias="type")] = None,
    from_ms: From = None,
    until_ms: To = None,
    limit: Limit = 100,
    resolution: Resolution = "raw",
) -> Response:
    """List the values that were reported of a vehicle, newest first, verified or not.

    They were observed at `from` or later and before `to`. With a `resolution` of 1m, 15m or 1h the values are
    down-sampled to steps of that length, which begin in the range.
    """
    begins_ms = to_ms(EARLIEST) if from_ms is None else from_ms
    ends_ms = to_ms(LATEST) if until_ms is None else until_ms
    in_order(begins_ms, ends_ms)
    known_id = (await known_vehicle(context, vehicle_id, status=404))["id"]
    vin = (await context.vault.vehicles.vins([known_id])).get(known_id)
    if resolution == "raw":
        events = await context.series.telemetry(known_id, kind, begins_ms, ends_ms, limit)
        return Json({"telemetry": [telemetry_event_view(event, vin) for event in events]})
    width_ms, sampled = WIDTHS_MS[resolution], _sampled(kind)
    buckets = await context.series.reading_buckets(width_ms, known_id, sampled, begins_ms, ends_ms, limit)
    return Json({"telemetry": [telemetry_bucket_view(bucket, width_ms, vin) for bucket in buckets]})


def source_of(principal: Principal) -> tuple[ReadingSource, str | None]:
    """Who reports, and the enterprise: only integrations are trusted, about missions only the vehicle's enterprise."""
    return ("integration", principal.enterprise_id) if principal.role == "integration" else ("driver", None)


def _sampled(kind: TelemetryType | None) -> SampledType | None:
    if kind is not None and kind not in SAMPLED_TYPES:
        raise Problem(422, f"must be raw for {kind}: positions are not down-sampled", field="resolution")
    return kind


async def _check_zone(context: Context, zone: str | None) -> None:
    """A zone must be as coarse as a geohash cell, or a site's own: an exact position may not enter the log."""
    if zone is None or is_cell(zone):
        return
    if all(row["location_zone"] != zone for row in await context.database.read(sites.every)):
        raise Problem(422, "must be a geohash of five characters, or the zone of a site", field="location_zone")
