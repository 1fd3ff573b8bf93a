"""Readings of vehicles."""

from __future__ import annotations

from typing import Any

from commands.ports.series import TelemetryEvent
from commands.quantities import rfc3339
from domain.series.reading_buckets import ReadingBucket


def telemetry_event_view(event: TelemetryEvent, vin: str | None) -> dict[str, Any]:
    """One value of a reading."""
    return {
        "id": event.id,
        "vehicle_id": event.vehicle_id,
        "vehicle_vin": vin,
        "type": event.type,
        "value": event.value,
        "timestamp": rfc3339(event.observed_ms),
        "received_at": rfc3339(event.received_ms),
        "source": event.source,
    }


def telemetry_bucket_view(bucket: ReadingBucket, width_ms: int, vin: str | None) -> dict[str, Any]:
    """The values of a bucket that is `width_ms` long."""

    def value(milli: int) -> float | bool:
        return milli / 1000 if bucket.type in ("soc", "range_km") else milli > 0

    return {
        "vehicle_id": bucket.vehicle_id,
        "vehicle_vin": vin,
        "type": bucket.type,
        "from": rfc3339(bucket.start_ms),
        "to": rfc3339(bucket.start_ms + width_ms),
        "count": bucket.values,
        "mean": bucket.mean_milli / 1000,
        "min": value(bucket.least_milli),
        "max": value(bucket.greatest_milli),
        "last": value(bucket.last_milli),
    }
