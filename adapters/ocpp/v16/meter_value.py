"""MeterValue and SampledValue: the parts that MeterValues and StopTransaction share (OCPP 1.6, 7.33 and 7.43)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from adapters.ocpp.v16.message import ListOf, Message, Needed, plain_text
from adapters.ocpp.v16.times import TimeMs

UNREADABLE = "?"
"""Neither a default nor any known name: the sample can't be interpreted."""


def _name(value: Any) -> str:
    if value is None:
        return ""
    try:
        return plain_text(value).lower()
    except ValueError:
        return UNREADABLE


Name = Annotated[str, BeforeValidator(_name)]
"""A word of OCPP's, in lower case; empty, which means its default, where it is missing."""


class SampledValue(Message):
    """Numbers come as strings, and from some chargers as numbers."""

    value: Any = None
    context: Name = ""
    format: Name = ""
    measurand: Name = ""
    phase: Name = ""
    location: Name = ""
    unit: Name = ""


class MeterValue(Message):
    """What was sampled at one point in time; without a time, at some moment before it was received."""

    timestamp: Needed[TimeMs] = None
    sampledValue: ListOf[SampledValue] = Field(default_factory=list)
