"""Whether the process lives, is ready, and how it does: nobody needs a key for that."""

import re
from dataclasses import replace

import httpx
import pytest

from adapters.time.clock import SimulatedClock
from api.app import create_app
from commands.ports.database import DatabaseUnavailable
from tests.api.world import NOW_MS, VIN, World


async def test_alive_and_ready(world: World) -> None:
    async with world.anonymous() as client:
        assert (await client.get("/livez")).json() == {"status": "alive"}
        ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "checks": {"log": "ok", "database": "ok", "clock": "ok"}},
    )


async def test_without_its_database_it_is_alive_and_not_ready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: object) -> None:
        raise DatabaseUnavailable("secret address")

    monkeypatch.setattr(type(world.context.database), "read", gone)
    assert (await world.client.get("/livez")).status_code == 200
    ready = await world.client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] == "DatabaseUnavailable"
    assert "secret" not in ready.text


async def test_a_clock_behind_what_is_recorded_is_not_ready(world: World) -> None:
    await world.site()
    for behind_ms, status in ((1000, 200), (1001, 503)):
        late = replace(world.context, clock=SimulatedClock(NOW_MS - behind_ms))
        transport = httpx.ASGITransport(create_app(late))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["clock"]) == (
            status,
            "ok" if status == 200 else "ClockBehind",
        )


async def test_requests_are_counted_by_route_and_never_by_id(world: World) -> None:
    await world.site()
    await world.get("/sites/north/queue")
    await world.get("/sites/north/queue")
    await world.get("/sessions/forged-id")
    await world.post("/vehicles", {"vin": VIN})
    await world.client.get("/nothing/forged-id")
    page = (await world.client.get("/metrics")).text
    count = 'commonwatt_http_request_duration_seconds_count{method="%s",route="%s",status="%d"} '
    assert count % ("GET", "/api/v1/sites/{site_id}/queue", 200) + "2.0" in page
    assert count % ("GET", "/api/v1/sessions/{session_id}", 404) + "1.0" in page
    assert count % ("POST", "/api/v1/sites", 201) + "1.0" in page
    assert count % ("GET", "unknown", 404) + "1.0" in page
    assert "forged-id" not in page
    assert VIN not in page


async def test_how_far_the_read_models_are_is_told(world: World) -> None:
    await world.site()
    page = (await world.client.get("/metrics")).text
    ends = dict(re.findall(r'commonwatt_events_last_offset{partition="(\d)"} (\S+)', page))
    applied = dict(re.findall(r'commonwatt_projections_applied_offset{partition="(\d)"} (\S+)', page))
    assert ends == applied
    assert float(max(ends.values())) > 0


async def test_the_contract_is_described(world: World) -> None:
    answer: httpx.Response = await world.client.get("/openapi.json")
    paths = answer.json()["paths"]
    assert set(paths) >= {"/api/v1/sites/{site_id}/grid-limit", "/api/v1/sessions/request", "/livez"}
    body = answer.json()["components"]["schemas"]["GridLimitRequest"]["properties"]
    assert body["starts_at"]["anyOf"][0] == {"format": "date-time", "type": "string"}
