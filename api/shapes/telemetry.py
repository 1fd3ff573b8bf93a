"""Readings of vehicles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.shapes.shape import Shape
from commands.ports.series import TelemetryType
from domain.records.observations import ReadingSource
from domain.series.reading_buckets import SampledType


class Received(Shape):
    """A reading that was stored."""

    reading_id: str
    received_at: datetime


class TelemetryEvent(Shape):
    """One value of a reading."""

    id: str
    vehicle_id: str
    vehicle_vin: str | None
    type: TelemetryType
    value: Any
    """In % (`soc`), km (`range_km`), true or false, or a zone."""
    timestamp: datetime
    """When the value was observed."""
    received_at: datetime
    source: ReadingSource
    """Who reported the reading."""


class Telemetry(Shape):
    """The values of a vehicle, newest first."""

    telemetry: list[TelemetryEvent]


class TelemetryBucket(Shape):
    """The values observed at `from` or later and before `to`, in % (`soc`), km (`range_km`), or true and false."""

    vehicle_id: str
    vehicle_vin: str | None
    type: SampledType
    from_: datetime = Field(alias="from")
    to: datetime
    count: int
    """The number of values."""
    mean: float
    """The mean; of true and false, the share of true."""
    min: float | bool
    max: float | bool
    last: float | bool
    """The value that was observed last."""


class CoarseTelemetry(Shape):
    """The down-sampled values of a vehicle, newest first."""

    telemetry: list[TelemetryBucket]
