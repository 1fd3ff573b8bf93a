"""Heartbeat: answered with our time, nothing is recorded."""

from __future__ import annotations

from ocpp.v16 import call

from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS


async def test_the_answer_is_our_time(station: Station) -> None:
    station.clock.advance_to(NOW_MS + 1_234)
    assert await station.send(call.Heartbeat()) == {"currentTime": "2026-01-01T00:00:01.234Z"}
    assert station.log.appended == []


async def test_fields_that_do_not_belong_there_are_ignored(station: Station) -> None:
    assert "currentTime" in await station.send_raw("Heartbeat", {"odd": 1})
