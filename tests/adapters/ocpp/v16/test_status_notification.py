"""StatusNotification: recorded for `load`; an oddity must not hide that a car was plugged in."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v16 import call

from domain.records.observations import Status
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS


async def test_it_is_recorded(station: Station) -> None:
    request = call.StatusNotification(
        connector_id=1, error_code="NoError", status="Preparing", timestamp="2026-01-01T00:00:00Z"
    )
    assert await station.send(request) == {}
    assert station.recorded("load") == [
        Status(charger_id="CP1", connector_id=1, status="Preparing", error_code="NoError", charger_time_ms=NOW_MS)
    ]


async def test_it_may_be_of_the_whole_charger_and_without_a_time(station: Station) -> None:
    await station.send(call.StatusNotification(connector_id=0, error_code="OtherError", status="Faulted"))
    assert station.recorded() == [
        Status(charger_id="CP1", connector_id=0, status="Faulted", error_code="OtherError", charger_time_ms=None)
    ]


@pytest.mark.parametrize(
    ("odd", "error_code"),
    [
        ({"errorCode": "Error"}, "Error"),
        ({"errorCode": 7, "timestamp": "soon"}, "7"),
        ({"timestamp": "9999999999-01-01T00:00:00Z", "vendorId": 3}, "NoError"),
        ({}, "NoError"),
    ],
)
async def test_oddities_are_taken(station: Station, odd: dict[str, Any], error_code: str) -> None:
    assert await station.send_raw("StatusNotification", {"connectorId": 1, "status": " Charging ", **odd}) == {}
    assert station.recorded() == [
        Status(charger_id="CP1", connector_id=1, status="Charging", error_code=error_code, charger_time_ms=None)
    ]


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        ({"status": "Available"}, "ProtocolError", "connectorId"),
        ({"connectorId": "1", "status": "Available"}, "TypeConstraintViolation", "connectorId"),
        ({"connectorId": 1001, "status": "Available"}, "PropertyConstraintViolation", "connectorId"),
        ({"connectorId": 1}, "ProtocolError", "status"),
        ({"connectorId": 1, "status": ""}, "PropertyConstraintViolation", "status"),
    ],
)
async def test_it_needs_a_connector_and_a_status(
    station: Station, payload: dict[str, Any], code: str, field: str
) -> None:
    assert await station.refusal("StatusNotification", payload) == (code, field)
