"""MeterValue and SampledValue, as real chargers send them."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.exceptions import OCPPError

from adapters.ocpp.v16.message import read
from adapters.ocpp.v16.meter_value import MeterValue

TIME = "2026-01-01T00:00:00Z"


def test_all_fields_are_read() -> None:
    sampled = {
        "value": "6.0",
        "context": "Sample.Periodic",
        "format": "Raw",
        "measurand": "Current.Import",
        "phase": "L1",
        "location": "Outlet",
        "unit": "A",
    }
    value = read(MeterValue, {"timestamp": TIME, "sampledValue": [sampled]})
    assert value.timestamp == TIME
    assert value.sampledValue[0].model_dump() == sampled


@pytest.mark.parametrize("number", ["6", 6, 6.5])
def test_numbers_come_as_text_or_as_numbers(number: Any) -> None:
    value = read(MeterValue, {"timestamp": TIME, "sampledValue": [{"value": number}]})
    assert value.sampledValue[0].value == number


def test_no_value_at_all_is_no_fault() -> None:
    assert read(MeterValue, {"timestamp": TIME, "sampledValue": []}).sampledValue == []


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        ({"sampledValue": []}, "ProtocolError", "timestamp"),
        ({"timestamp": "never", "sampledValue": []}, "PropertyConstraintViolation", "timestamp"),
        ({"timestamp": TIME}, "ProtocolError", "sampledValue"),
        ({"timestamp": TIME, "sampledValue": {}}, "TypeConstraintViolation", "sampledValue"),
        ({"timestamp": TIME, "sampledValue": [{}]}, "ProtocolError", "sampledValue.0.value"),
        ({"timestamp": TIME, "sampledValue": [{"value": "1"}] * 501}, "PropertyConstraintViolation", "sampledValue"),
        (
            {"timestamp": TIME, "sampledValue": [{"value": "1", "unit": 5}]},
            "TypeConstraintViolation",
            "sampledValue.0.unit",
        ),
    ],
)
def test_what_is_refused(payload: Any, code: str, field: str) -> None:
    with pytest.raises(OCPPError) as refused:
        read(MeterValue, payload)
    assert (refused.value.code, refused.value.details["field"]) == (code, field)
