"""DiagnosticsStatusNotification: answered and logged, nothing is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v16 import call
from structlog.testing import capture_logs

from tests.adapters.ocpp.v16.charger import Station


async def test_it_is_answered_and_logged(station: Station) -> None:
    with capture_logs() as lines:
        assert await station.send(call.DiagnosticsStatusNotification(status="Uploaded")) == {}
    assert [(line["event"], line["charger"], line["status"]) for line in lines] == [
        ("diagnostics status", "CP1", "Uploaded")
    ]
    assert station.log.appended == []


@pytest.mark.parametrize("odd", [{}, {"status": "Odd"}, {"status": 5}, {"status": None}])
async def test_nothing_of_it_can_be_wrong(station: Station, odd: dict[str, Any]) -> None:
    assert await station.send_raw("DiagnosticsStatusNotification", odd) == {}
