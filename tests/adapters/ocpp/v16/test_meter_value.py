"""MeterValue and SampledValue, as real chargers send them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.ocpp.v16.message import read
from adapters.ocpp.v16.meter_value import MeterValue, SampledValue
from tests.adapters.ocpp.world import NOW_MS

TIME = "2026-01-01T00:00:00Z"


def read_value(payload: Any) -> tuple[MeterValue, list[str]]:
    """(the meter value, the fields that were dropped of it)."""
    dropped: list[str] = []
    return read(MeterValue, payload, lambda field, _: dropped.append(field)), dropped


def test_all_fields_are_read_and_names_are_in_lower_case() -> None:
    sampled = {
        "value": "6.0",
        "context": "Sample.Periodic",
        "format": "Raw",
        "measurand": " Current.Import ",
        "phase": "L1",
        "location": "Outlet",
        "unit": "A",
    }
    value, dropped = read_value({"timestamp": TIME, "sampledValue": [sampled]})
    assert (value.timestamp, dropped) == (NOW_MS, [])
    assert value.sampledValue[0].model_dump() == {name: text.strip().lower() for name, text in sampled.items()}


@pytest.mark.parametrize("payload", [{}, dict.fromkeys(("context", "format", "measurand", "phase", "unit"))])
def test_null_and_missing_names_are_their_defaults(payload: Any) -> None:
    value, dropped = read_value({"timestamp": TIME, "sampledValue": [{"value": "1", **payload}]})
    assert (value.sampledValue, dropped) == ([SampledValue(value="1")], [])


@pytest.mark.parametrize("name", [{}, [], True])
def test_a_name_that_is_no_text_is_no_default(name: Any) -> None:
    value, _ = read_value({"timestamp": TIME, "sampledValue": [{"value": "1", "unit": name}]})
    assert value.sampledValue[0].unit == "?"


@pytest.mark.parametrize(("payload", "dropped"), [({}, []), ({"sampledValue": {"value": "1"}}, [])])
def test_one_value_or_none_at_all_is_no_fault(payload: Any, dropped: list[str]) -> None:
    value, missed = read_value({"timestamp": TIME, **payload})
    assert (len(value.sampledValue), missed) == (len(payload), dropped)


@pytest.mark.parametrize("timestamp", [None, "never", {}, 17, ""])
def test_a_bad_time_leaves_the_values(timestamp: Any) -> None:
    value, dropped = read_value({"timestamp": timestamp, "sampledValue": [{"value": "1"}]})
    assert (value.timestamp, value.sampledValue, dropped) == (None, [SampledValue(value="1")], ["timestamp"])
