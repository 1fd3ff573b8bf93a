"""The API over a real log, vault and read models, with processors that answer from a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.database import Database
from adapters.identity.principals import Identity
from adapters.ids import uuid7
from adapters.log.outcomes import LogOutcomes
from adapters.log.sqlite.consumer import SqliteConsumer
from adapters.log.sqlite.log import SqliteLog
from adapters.notify.services import check_channel
from adapters.time.clock import SimulatedClock
from adapters.timeseries.sqlite import SqliteSeries
from adapters.timeseries.worker import workers
from adapters.vault.vault import Vault
from api import Context, create_app, lookup, submission
from api.operations.live import Live
from commands.log.codec import decode, entry
from commands.log.topics import EVENTS, PROCESSORS, inputs
from commands.ports.log import Entry, LogFull, Position
from domain.electrical.charger_outlets import described_outlets
from domain.records import Payload, Record, derived_id, input_record, load, observations, registry, vehicles
from domain.records import sites as said
from domain.records.time import InputRejected
from projections import accounts
from projections.runner import Projector

NOW_MS = 1_790_000_000_000
NOW = "2026-09-21T14:13:20.000Z"
VIN = "WVWZZZ1JZXW000001"
INPUTS = frozenset(map(inputs, PROCESSORS))

Told = Sequence[tuple[str, Payload]]
Answering = Callable[[Any, Record], Told]


def _site(asked: registry.RegisterSite, given: Record) -> Told:
    site = registry.SiteRegistered(**asked.__dict__)
    return [
        (given.stream, site),
        (f"load:{asked.site_id}", load.TreeSet(site_id=asked.site_id, firm_w=1, nodes=site.nodes)),
    ]


def _charger(asked: registry.RegisterCharger, given: Record) -> Told:
    outlets = described_outlets(asked)
    return [
        (given.stream, registry.ChargerRegistered(**asked.__dict__)),
        *[(f"sites:{asked.site_id}", said.SiteChargerAdded(**outlet)) for outlet in outlets],
        *[(f"load:{asked.site_id}", load.ChargerAdded(**outlet, ocpp_id=asked.ocpp_id)) for outlet in outlets],
    ]


def _vehicle(asked: registry.RegisterVehicle, given: Record) -> Told:
    return [(given.stream, registry.VehicleRegistered(**asked.__dict__))]


def _card(asked: registry.ChangeCard, given: Record) -> Told:
    return [(given.stream, registry.CardChanged(**asked.__dict__))]


def _account(asked: registry.RegisterAccount, given: Record) -> Told:
    return [(given.stream, registry.AccountRegistered(**asked.__dict__))]


def _enterprise(asked: registry.RegisterEnterprise, given: Record) -> Told:
    return [(given.stream, registry.EnterpriseRegistered(**asked.__dict__))]


def _approve(asked: registry.ApproveEnterprise, given: Record) -> Told:
    return [(given.stream, registry.EnterpriseApproved(kind="emergency", **asked.__dict__))]


def _suspend(asked: registry.SuspendEnterprise, given: Record) -> Told:
    return [(given.stream, registry.EnterpriseSuspended(**asked.__dict__))]


def _cap(asked: load.SetGridLimit, given: Record) -> Told:
    decided = load.GridLimitSet(
        cap_id=asked.cap_id,
        limit_w=asked.limit_w,
        starts_ms=asked.starts_ms or given.time,
        ends_ms=asked.ends_ms,
        holds_from_ms=(asked.starts_ms or given.time) + 1_500,
        guaranteed=True,
        reason_code=asked.reason_code,
        facts={},
        rule="load.cap.v1",
        reason="the chargers confirm within 1.5 s",
    )
    return [(given.stream, decided)]


def _commission(asked: load.CommissionCharger, given: Record) -> Told:
    return [(given.stream, load.CommissioningOpened(**asked.__dict__))]


def _command(asked: load.RequestCommand, given: Record) -> Told:
    return [(given.stream, load.CommandRequested(**asked.__dict__))]


def _session(asked: vehicles.RequestSession, given: Record) -> Told:
    common = {"tier": 2, "need_wh": None, "max_ma": None, "phases": 1, **asked.__dict__}
    queued = {name: value for name, value in common.items() if name not in ("level_permille", "site_zone")}
    return [
        (given.stream, vehicles.SessionRequested(**common)),
        (f"sites:{asked.site_id}", said.SessionQueued(**queued, walk_up=False)),
    ]


def _accept(asked: vehicles.AcceptOffer, _: Record) -> Told:
    return [
        ("sites:north", said.SessionAssigned(session_id=asked.session_id, charger_id="c1", plug_in_until_ms=NOW_MS))
    ]


def _snooze(asked: vehicles.SnoozeOffer, _: Record) -> Told:
    return [("sites:north", said.SessionSnoozed(session_id=asked.session_id, charger_id="c1", until_ms=NOW_MS))]


def _cancel(asked: vehicles.CancelSession, given: Record) -> Told:
    ended = said.SessionEnded(
        session_id=asked.session_id,
        vehicle_id=given.stream.partition(":")[2],
        charger_id=None,
        state="cancelled",
        reason="cancelled",
        energy_wh=0,
        waited_ms=0,
    )
    return [("sites:north", ended)]


def rejecting(field: str, reason: str, rule: str = "some.rule.v1") -> Answering:
    """A processor that says no."""

    def answer(_: Any, given: Record) -> Told:
        return [
            (
                given.stream,
                InputRejected(input_id=given.id, input_type=given.type, rule=rule, field=field, reason=reason),
            )
        ]

    return answer


def silent(_: Any, __: Record) -> Told:
    """A processor that takes its time."""
    return []


SCRIPT: dict[type[Payload], Answering] = {
    registry.RegisterSite: _site,
    registry.RegisterCharger: _charger,
    registry.RegisterVehicle: _vehicle,
    registry.ChangeCard: _card,
    registry.RegisterAccount: _account,
    registry.RegisterEnterprise: _enterprise,
    registry.ApproveEnterprise: _approve,
    registry.SuspendEnterprise: _suspend,
    load.SetGridLimit: _cap,
    load.CommissionCharger: _commission,
    load.RequestCommand: _command,
    vehicles.RequestSession: _session,
    vehicles.AcceptOffer: _accept,
    vehicles.SnoozeOffer: _snooze,
    vehicles.CancelSession: _cancel,
    load.CloseTransaction: silent,
    load.TrustAgain: silent,
    said.EndSession: silent,
    said.ReleaseOutlet: silent,
    observations.Reading: silent,
    observations.Metered: silent,
}


class FragileLog(SqliteLog):
    """A log that can run full, and knows which inputs it took."""

    full = False

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.given: list[Record] = []

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        if self.full:
            raise LogFull("no space left")
        positions = await super().append(topic, entries)
        if topic in INPUTS:
            self.given += [decode(entry.body) for entry in entries if entry.body]
        return positions


@dataclass
class World:
    """Everything behind the API, and a client that is an operator."""

    context: Context
    log: FragileLog
    vault: Vault
    clock: SimulatedClock
    projector: Projector
    app: Any
    client: httpx.AsyncClient
    script: dict[type[Payload], Answering] = field(default_factory=lambda: dict(SCRIPT))
    deciding: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, unless the processors are away."""

    @property
    def given(self) -> list[Record]:
        """Every input that is on the log; the same id again is passed over, as the host does."""
        return list({record.id: record for record in self.log.given}.values())

    async def process(self, consumer: SqliteConsumer) -> None:
        known = set[str]()
        while records := (batch := await consumer.poll()).records:
            for stored in records:
                await self.deciding.wait()
                record = decode(stored.body)
                if record.id not in known:
                    known.add(record.id)
                    if told := self.script[type(record.data)](record.data, record):
                        await self.tell(*told, caused_by=record)
            await batch.commit([], {})

    async def tell(self, *told: tuple[str, Payload], caused_by: Record | None = None) -> None:
        """Put events on the log, and wait until they can be read."""
        records = [self._event(stream, payload, index, caused_by) for index, (stream, payload) in enumerate(told)]
        for position in await self.log.append(EVENTS, [entry(record) for record in records]):
            assert await self.projector.passed(position, 5)

    def _event(self, stream: str, payload: Payload, index: int, caused_by: Record | None) -> Record:
        cause = caused_by.id if caused_by else uuid7(self.clock.now_ms())
        return Record(
            id=derived_id(cause, stream, index),
            source="/processors",
            type=payload.type_name,
            subject=stream,
            time=self.clock.now_ms(),
            stream=stream,
            actor="key:test",
            correlationid=cause,
            causationid=cause,
            build="b1",
            data=payload,
        )

    def asked(self, payload: type[Payload]) -> list[Any]:
        """What the processors were asked of this type."""
        return [record.data for record in self.given if isinstance(record.data, payload)]

    def anonymous(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self.client._transport, base_url="http://test")

    def client_of(self, authorization: str) -> httpx.AsyncClient:
        """A client of somebody else, below /api/v1."""
        headers = {"Authorization": authorization}
        return httpx.AsyncClient(transport=self.client._transport, base_url="http://test/api/v1", headers=headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(f"/api/v1{path}", json=body, headers=names)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", params=query)

    async def get_once_decided(self, path: str) -> httpx.Response:
        """Ask again, as one is told to, while the answer is open."""
        async with asyncio.timeout(10):
            while (answer := await self.get(path)).status_code == 503:
                await asyncio.sleep(0)
        return answer

    async def site(self, site_id: str = "north") -> None:
        assert (await self.post("/sites", site(id=site_id))).status_code == 201

    async def charger(self, charger_id: str = "c1") -> dict[str, Any]:
        answer = await self.post("/chargers", charger(id=charger_id))
        assert answer.status_code == 201
        return answer.json()

    async def account(self, account_id: str, role: registry.Role, enterprise_id: str | None = None) -> str:
        """The Authorization header of a new account."""
        told = registry.AccountRegistered(account_id=account_id, role=role, enterprise_id=enterprise_id)
        record = input_record(account_id, "/test", f"registry:account:{account_id}", NOW_MS, told, actor="t")
        positions = await self.log.append(EVENTS, [entry(record)])
        await self.projector.passed(positions[0], 5)
        return f"Bearer {(await self.vault.tokens.issue(account_id)).text}"

    async def vehicle(self, vin: str = VIN) -> str:
        answer = await self.post("/vehicles", {"vin": vin, "battery_kwh": 60})
        assert answer.status_code == 201
        return answer.json()["id"]

    async def session(self) -> dict[str, Any]:
        answer = await self.post("/sessions/request", session(vehicle_id=await self.vehicle()))
        assert answer.status_code == 202
        return answer.json()

    async def walk_up(self, session_id: str) -> None:
        """A session at `north` without a registered vehicle."""
        queued = said.SessionQueued(
            session_id=session_id,
            vehicle_id=None,
            site_id="north",
            tier=2,
            need_wh=None,
            target_permille=None,
            depart_ms=None,
            max_ma=None,
            phases=1,
            walk_up=True,
        )
        await self.tell(("sites:north", queued))


def site(**changed: Any) -> dict[str, Any]:
    nodes = [
        {"id": "main", "parent": None, "kind": "site", "limit_a": [100, 100, 100], "limit_kw": 69},
        {"id": "panel", "parent": "main", "kind": "panel", "limit_a": [62.5, 63, 63]},
    ]
    return {"id": "north", "location": "zone-4", "firm_kw": 20.5, "nodes": nodes, **changed}


def charger(**changed: Any) -> dict[str, Any]:
    described = {"id": "c1", "site_id": "north", "node": "panel", "phases": ["L1", "L3"], "max_a": 32, "voltage_v": 230}
    return {**described, **changed}


def session(**changed: Any) -> dict[str, Any]:
    wanted = {
        "vehicle_id": VIN,
        "site_id": "north",
        "target_soc": 80,
        "current_soc": 20.55,
        "time_constraint_minutes": 90,
    }
    return {**wanted, **changed}


@contextmanager
def impatient() -> Iterator[None]:
    """Within it the API hardly waits for a decision: to be used where none comes, since another might be late."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(submission, "DECISION_WAIT_S", 0.05)
        patched.setattr(lookup, "READ_WAIT_S", 0.05)
        yield


@asynccontextmanager
async def running_world(folder: Path) -> AsyncIterator[World]:
    log = FragileLog.open(folder / "log")
    database = Database(f"sqlite:///{folder / 'models.sqlite3'}", durable=False)
    vault = Vault.open(folder / "vault")
    clock = SimulatedClock(NOW_MS)
    projector, outcomes = Projector(log, database), LogOutcomes(log)
    series = SqliteSeries.open(folder)
    identity = Identity(vault, lambda account_id: database.read(partial(accounts.principal, account_id=account_id)))
    live = Live(log, projector, series)
    context = Context(log, clock, database, projector, outcomes, vault, identity, uuid7, series, live, check_channel)
    app = create_app(context)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    world = World(context, log, vault, clock, projector, app, client)
    world.deciding.set()
    consumers = [log.consumer(name) for name in PROCESSORS]
    for consumer in consumers:
        await consumer.positions()  # where to begin is found out before the log may close
    writers = workers(log, series, clock)[:2]
    parts = [
        *(part.run() for part in (projector, outcomes, live, *writers)),
        *(world.process(consumer) for consumer in consumers),
    ]
    tasks = [asyncio.create_task(part) for part in parts]
    client.headers["Authorization"] = await world.account("operator-1", "operator")
    try:
        yield world
    finally:
        await client.aclose()
        await log.close()
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        vault.close()
        series.close()
        database.close()
        for result in done:
            if isinstance(result, Exception):
                raise result
