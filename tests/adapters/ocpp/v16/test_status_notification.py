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
        Status(charger_id="CP1", evse_id=1, status="preparing", error_code="no_error", charger_time_ms=NOW_MS)
    ]


async def test_it_may_be_of_the_whole_charger_and_without_a_time(station: Station) -> None:
    await station.send(call.StatusNotification(connector_id=0, error_code="OtherError", status="Faulted"))
    assert station.recorded() == [
        Status(charger_id="CP1", evse_id=0, status="faulted", error_code="other_error", charger_time_ms=None)
    ]


@pytest.mark.parametrize(
    ("odd", "error_code", "detail"),
    [
        ({"errorCode": "Error"}, "other_error", "Error"),
        ({"errorCode": 7, "timestamp": "soon"}, "other_error", "7"),
        ({"errorCode": "othererror", "vendorErrorCode": "E42", "info": "fan 2"}, "other_error", "E42, fan 2"),
        ({"errorCode": "groundFailure", "info": {}}, "ground_failure", ""),
        ({"timestamp": "9999999999-01-01T00:00:00Z", "vendorId": 3}, "no_error", ""),
        ({}, "no_error", ""),
    ],
)
async def test_oddities_are_taken(station: Station, odd: dict[str, Any], error_code: str, detail: str) -> None:
    assert await station.send_raw("StatusNotification", {"connectorId": 1, "status": " Charging ", **odd}) == {}
    assert station.recorded() == [
        Status(
            charger_id="CP1",
            evse_id=1,
            status="charging",
            error_code=error_code,
            charger_time_ms=None,
            detail=detail,
        )
    ]


async def test_a_status_that_ocpp_does_not_have_is_unknown(station: Station) -> None:
    assert await station.send_raw("StatusNotification", {"connectorId": 1, "status": "Sleeping"}) == {}
    assert [one.status for one in station.recorded() if isinstance(one, Status)] == ["unknown"]


@pytest.mark.parametrize("connector", ["1", 1.0, " 1 ", None, "left", -1, {}])
async def test_a_connector_that_can_not_be_read_is_the_only_one(station: Station, connector: Any) -> None:
    assert await station.send_raw("StatusNotification", {"connectorId": connector, "status": "preparing"}) == {}
    assert station.recorded() == [
        Status(charger_id="CP1", evse_id=1, status="preparing", error_code="no_error", charger_time_ms=None)
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
