"""DataTransfer: no vendor is known, and nothing is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v16 import call

from tests.adapters.ocpp.v16.charger import Station


async def test_every_vendor_is_unknown(station: Station) -> None:
    answer = await station.send(call.DataTransfer(vendor_id="acme", message_id="m", data="{}"))
    assert answer == {"status": "UnknownVendorId"}
    assert station.log.appended == []


@pytest.mark.parametrize("odd", [{}, {"vendorId": None}, {"vendorId": "v", "data": {"a": [1]}}])
async def test_nothing_of_it_can_be_wrong(station: Station, odd: dict[str, Any]) -> None:
    assert await station.send_raw("DataTransfer", odd) == {"status": "UnknownVendorId"}
