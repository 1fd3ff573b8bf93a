"""StatusNotification: recorded for `load`; an oddity must not hide that a car was plugged in."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v16 import call
from structlog.testing import capture_logs

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


@pytest.mark.parametrize("connector", ["1", 1.0, " 1 ", None, "left", -1, {}])
async def test_a_connector_that_can_not_be_read_is_the_only_one(station: Station, connector: Any) -> None:
    assert await station.send_raw("StatusNotification", {"connectorId": connector, "status": "preparing"}) == {}
    assert station.recorded() == [
        Status(charger_id="CP1", connector_id=1, status="Preparing", error_code="NoError", charger_time_ms=None)
    ]


async def test_of_one_of_several_connectors_it_says_nothing(station: Station) -> None:
    for connector in (0, 1, 2):
        await station.send_raw("StatusNotification", {"connectorId": connector, "status": "Available"})
    with capture_logs() as lines:
        assert await station.send_raw("StatusNotification", {"status": "Faulted"}) == {}
    assert len(station.recorded()) == 3
    assert [(line["message"], line["field"], line["reason"]) for line in lines] == [
        ("StatusNotification", "connectorId", "it is missing")
    ]


@pytest.mark.parametrize("status", [None, "", {}, "x" * 256])
async def test_without_a_status_it_says_nothing(station: Station, status: Any) -> None:
    assert await station.send_raw("StatusNotification", {"connectorId": 1, "status": status}) == {}
    assert station.log.appended == []
