"""MeterValue and SampledValue: the parts that MeterValues and StopTransaction share (OCPP 1.6, 7.33 and 7.43)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adapters.ocpp.v16.message import Message
from adapters.ocpp.v16.times import TimeText


class SampledValue(Message):
    """Numbers come as strings, and from some chargers as numbers."""

    value: str | int | float
    context: str | None = None
    format: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    unit: str | None = None


class MeterValue(Message):
    timestamp: TimeText
    sampledValue: Annotated[list[SampledValue], Field(max_length=500)]
