"""One REST command that lowers a site's limit, followed to the charger: spans of all parts, in one trace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.time.clock import SimulatedClock
from commands.log import topics
from commands.ports.tracing import UNTRACED
from domain.records.load import CapacityChanged, SetGridLimit
from domain.records.observations import ProfileAnswer
from domain.records.sites import ScheduleChanged
from processors.engine.build import this_build
from processors.engine.replay import replay
from processors.load import Load
from services.base.addresses import wait_for_addresses
from services.base.databases import Databases
from services.base.first_start import EMAIL, first_operator
from services.base.settings import ProcessSettings, SettingsError
from services.base.tracing import tracing
from services.composition.platform import Simulation, composed
from services.parts.base import on
from services.parts.part import Part, run
from tests.adapters.ocpp.charger import PATIENCE_S, Charger
from tests.services.base.collector import Collector, Span, collecting

NOW_MS = 1_767_225_600_000
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SITE = {
    "id": "s1",
    "location": "z",
    "firm_kw": 5,
    "nodes": [{"id": "root", "parent": None, "kind": "site", "limit_kw": 40}],
}
CHARGER = {"id": "c1", "site_id": "s1", "node": "root", "phases": ["L1"], "max_a": 32, "voltage_v": 230}
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Any:
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.url)
        yield collector


class Town:
    """A platform, its api, and a charger that accepts whatever it is told."""

    def __init__(
        self, log: SqliteLog, clock: SimulatedClock, parts: Sequence[Part], api: httpx.AsyncClient, charger: Charger
    ) -> None:
        self.log = log
        self.clock = clock
        self.parts = parts
        self.api = api
        self.charger = charger

    async def settled(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            calm = 0
            while calm < 3:
                calm = calm + 1 if self.quiet() and self.charger.asked.empty() else 0
                await asyncio.sleep(0.005)

    def quiet(self) -> bool:
        return all(part.idle() for part in self.parts) and self.log.quiet()

    async def later(self, wait_s: int) -> None:
        self.clock.advance_to(self.clock.now_ms() + wait_s * 1000)
        await self.settled()

    async def say(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What the charger is answered."""
        kind, _, answer = await self.charger.call(action, payload)
        assert kind == 3
        await self.settled()
        return answer

    async def meter(self, current_a: int) -> None:
        sample = {"value": str(current_a), "measurand": "Current.Import", "unit": "A"}
        taken = {"timestamp": self.now(), "sampledValue": [sample]}
        await self.say("MeterValues", {"connectorId": 1, "meterValue": [taken]})

    def now(self) -> str:
        return datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC).isoformat()

    async def prove(self) -> None:
        """Let the charger prove on a test load that it obeys."""
        await self.say("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
        await self.ask("/chargers/c1/commission", {"test_load_a": 10, "minutes": 30})
        transaction_id = await self.start("test load")
        await self.later(10)
        await self.meter(10)
        await self.later(6)
        await self.meter(7)
        await self.say("StopTransaction", {"transactionId": transaction_id, "meterStop": 9, "timestamp": self.now()})

    async def charge(self) -> None:
        """Let a car charge with all that it can."""
        car = {"vin": "WVWZZZ1JZXW000001", "battery_kwh": 60, "max_a": 32, "token": "CAR"}
        vehicle_id = (await self.ask("/vehicles", car))["id"]
        wish = {"vehicle_id": vehicle_id, "site_id": "s1", "target_soc": 90, "current_soc": 10}
        session = await self.ask("/sessions/request", {**wish, "time_constraint_minutes": 240})
        await self.ask(f"/sessions/{session['id']}/accept", None)
        await self.start("CAR")
        await self.later(30)

    async def start(self, token: str) -> int:
        assert (await self.say("Authorize", {"idTag": token}))["idTagInfo"]["status"] == "Accepted"
        start = {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": self.now()}
        answer = await self.say("StartTransaction", start)
        assert answer["idTagInfo"]["status"] == "Accepted"
        return int(answer["transactionId"])

    async def ask(self, path: str, body: dict[str, Any] | None) -> Any:
        answer = await self.api.post(path, json=body)
        assert answer.is_success, answer.text
        await self.settled()
        return answer.json()


async def accepting(charger: Charger) -> None:
    while True:
        await charger.answer(await charger.asked.get(), {"status": "Accepted"})


@asynccontextmanager
async def town(data: Path) -> AsyncIterator[Town]:
    log, clock = SqliteLog.open(data), SimulatedClock(NOW_MS)
    settings = ProcessSettings(data=data, api_port=0, ocpp_port=0)
    async with on(log, clock, settings, Databases(), "serve") as base:
        operator = await first_operator(log, base.vault, NOW_MS)
        assert operator is not None
        parts, serving = composed(base, Simulation(NOW_MS, 0))
        running = asyncio.create_task(run(parts, serving))
        addresses = await asyncio.to_thread(wait_for_addresses, data, Running())
        assert addresses is not None
        async with httpx.AsyncClient(base_url=f"{addresses.api}/api/v1") as api:
            login = await api.post("/login", json={"email": EMAIL, "password": operator.password})
            api.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
            assert (await api.post("/sites", json=SITE)).status_code == 201
            registered = await api.post("/chargers", json=CHARGER)
            port = int(addresses.ocpp.rpartition(":")[2].partition("/")[0])
            charger = await Charger.connect(port, "c1", registered.json()["password"])
            answering = asyncio.create_task(accepting(charger))
            yield Town(log, clock, parts, api, charger)
            answering.cancel()
            await charger.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Running:
    """The server is this very process."""

    def poll(self) -> None:
        return None


async def lowered(data: Path, **headers: str) -> httpx.Response:
    async with town(data) as here:
        await here.prove()
        await here.charge()
        body = {"limit_kw": 5, "reason": "utility"}
        answer = await here.api.post("/sites/s1/grid-limit", json=body, headers=headers)
        await here.settled()
        replayed = await replay(here.log, Load(), this_build(), await here.log.consumed("load"))
        assert replayed.difference is None
        return answer


def trace_of(collector: Collector) -> dict[str, Span]:
    return {span.name: span for span in collector.spans if span.trace_id == CALLER.split("-")[1]}


async def test_a_command_is_followed_from_the_api_over_the_log_to_the_charger_and_back(
    tmp_path: Path, collector: Collector
) -> None:
    answer = await lowered(tmp_path, traceparent=CALLER)
    assert answer.status_code == 200
    spans = trace_of(collector)
    request = spans["POST /api/v1/sites/{site_id}/grid-limit"]
    decided = spans[f"processor load: {SetGridLimit.type_name}"]
    told = spans[f"processor sites: {CapacityChanged.type_name}"]
    planned = spans[f"processor load: {ScheduleChanged.type_name}"]
    sent = spans["gateway: SetChargingProfile"]
    answered = spans[f"processor load: {ProfileAnswer.type_name}"]
    assert request.parent_id == CALLER.split("-")[2]
    assert decided.parent_id == request.id
    assert told.parent_id == decided.id
    assert planned.parent_id == told.id
    assert sent.parent_id == planned.id
    assert answered.parent_id == sent.id
    assert {span.service for span in spans.values()} == {"commonwatt serve"}
    assert request.facts["http.response.status_code"] == "200"
    assert (sent.facts["ocpp.answer"], sent.facts["charger.id"]) == ("accepted", "c1")


async def test_a_request_without_a_caller_begins_a_trace(tmp_path: Path, collector: Collector) -> None:
    async with town(tmp_path):
        pass
    (request,) = [span for span in collector.spans if span.name == "POST /api/v1/sites"]
    (decided,) = [span for span in collector.spans if span.name == "processor registry: registry.register_site.v1"]
    assert request.parent_id == ""
    assert (decided.trace_id, decided.parent_id) == (request.trace_id, request.id)


async def test_where_nobody_traces_no_context_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)
    async with town(tmp_path) as here:
        await here.api.post("/sites", json=SITE | {"id": "s2"}, headers={"traceparent": CALLER})
        log = here.log
        for partition in range(log.partitions(topics.EVENTS)):
            kept = await log.read(topics.EVENTS, partition)
            assert [stored.traceparent for stored in kept] == [None] * len(kept)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (ENDPOINT, "127.0.0.1:4318", "must be the address of a collector"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://x", "must be the address of a collector"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "'grpc' is not supported"),
    ],
)
def test_settings_that_can_not_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}: .*{reason}"), tracing("serve"):
        raise AssertionError("it started")


@pytest.mark.parametrize("settings", [{}, {ENDPOINT: " "}, {ENDPOINT: "http://x", "OTEL_SDK_DISABLED": "true"}])
def test_nothing_is_traced_where_nobody_asks(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with tracing("serve") as tracer:
        assert tracer is UNTRACED
