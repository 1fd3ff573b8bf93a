"""Several gateways on one log, with the real kernel, and one registered charger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from adapters.log.outcomes import LogOutcomes
from adapters.log.sqlite.log import SqliteLog
from adapters.ocpp import Gateway, Settings
from adapters.time.clock import SimulatedClock
from commands.log import topics
from commands.log.codec import decode, entry
from commands.ports.log import Stored
from domain.load_control.counting import counted_ma
from domain.records import Payload, input_record
from domain.records.load import ChargerConnected
from domain.records.registry import ChargerRegistered, NodeSpec, SiteRegistered
from domain.records.sites import ScheduleChanged, Target
from processors.engine.host import Host
from processors.load import Load
from tests.adapters.ocpp.charger import PATIENCE_S, Charger
from tests.adapters.ocpp.world import DIALECTS, NOW_MS, Directory, FullLog

P = TypeVar("P", bound=Payload)


class Store(FullLog):
    """The log as one gateway sees it. While `deaf` it hears nothing new; `full`, it can write nothing."""

    def __init__(self, log: SqliteLog) -> None:
        super().__init__(log)
        self.hears = asyncio.Event()
        self.hears.set()
        self.tail = self._tail  # type: ignore[assignment,method-assign]

    async def _tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        async for page in self.log.tail(topic, after):
            await self.hears.wait()
            yield page


@dataclass
class Site:
    """A log, the kernel that decides on it, and gateways by name."""

    log: SqliteLog
    clock: SimulatedClock
    outcomes: LogOutcomes
    host: Host
    stores: dict[str, Store] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    chargers: list[Charger] = field(default_factory=list)
    number: int = 0

    async def start(self, name: str) -> None:
        settings = Settings(gateway_id=name, configure_after_ms=3_600_000, decision_timeout_s=PATIENCE_S)
        store: Any = Store(self.log)
        gateway = Gateway(store, self.clock, Directory(), self.outcomes, settings, dialects=DIALECTS)
        self.stores[name], self.gateways[name] = store, gateway
        self.ports[name] = await gateway.start("127.0.0.1", 0)

    async def kill(self, name: str) -> None:
        """Whatever it would still write never reaches the log."""
        self.stores[name].full = True
        await self.gateways[name].close()

    async def register(self, charger_id: str) -> None:
        registered = ChargerRegistered(
            charger_id=charger_id,
            site_id="s1",
            node="root",
            phases=(0, 1, 2),
            max_ma=32_000,
            min_ma=6_000,
            voltage_mv=230_000,
        )
        await self.give(registered)

    async def connect(self, name: str, charger_id: str = "CP1") -> Charger:
        """Return once it is decided that this socket owns the charger."""
        before = len(await self.events(ChargerConnected))
        charger = await Charger.connect(self.ports[name], charger_id)
        self.chargers.append(charger)
        await self.event(ChargerConnected, before + 1)
        return charger

    async def give(self, data: Payload) -> None:
        self.number += 1
        given = input_record(f"i{self.number}", "/test", "load:s1", self.clock.now_ms(), data, actor="test")
        await self.log.append(topics.inputs("load"), [entry(given)])

    async def events(self, kind: type[P]) -> list[P]:
        return await self._on(topics.EVENTS, kind)

    async def given(self, kind: type[P]) -> list[P]:
        """The inputs of a kind that the kernel has got."""
        return await self._on(topics.inputs("load"), kind)

    async def _on(self, topic: str, kind: type[P]) -> list[P]:
        found: list[P] = []
        for partition in range(self.log.partitions(topic)):
            page = [decode(stored.body).data for stored in await self.log.read(topic, partition)]
            found += [data for data in page if isinstance(data, kind)]
        return found

    async def event(self, kind: type[P], number: int = 1) -> P:
        """The `number`th event of a kind, waiting for it."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := await self.events(kind)) < number:
                await asyncio.sleep(0.001)
        return found[number - 1]

    def counted_ma(self, charger_id: str) -> int:
        """What the kernel counts it at now."""
        state = self.host.states["load:s1"]
        return counted_ma(state.state.chargers[charger_id], state.observations.of.get(charger_id), self.clock.now_ms())

    async def target(self, target_ma: int) -> None:
        await self.give(
            ScheduleChanged(
                targets=(Target(charger_id="CP1", target_ma=target_ma),),
                valid_until_ms=NOW_MS + 600_000,
                claimants=(),
                limits=(),
                fixed=(),
                rule="test.v1",
                reason="test",
            )
        )

    async def settled(self, *names: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            idle = [self.host.caught_up, *(self.gateways[name].idle for name in names)]
            while not (self.log.quiet() and all(is_so() for is_so in idle)):
                await asyncio.sleep(0.001)


@asynccontextmanager
async def open_site(folder: Path) -> AsyncIterator[Site]:
    """Gateways A and B; the charger CP1 is registered."""
    log = SqliteLog.open(folder)
    outcomes, host = LogOutcomes(log), Host(Load(), log)
    await host.restore()
    running = [asyncio.create_task(part.run()) for part in (outcomes, host)]
    made = Site(log, SimulatedClock(NOW_MS), outcomes, host)
    root = NodeSpec(id="root", parent=None, kind="site", limit_w=69_000)
    await made.give(SiteRegistered(site_id="s1", location_zone="z", firm_w=9_000, nodes=(root,)))
    await made.register("CP1")
    for name in ("A", "B"):
        await made.start(name)
    yield made
    for charger in made.chargers:
        await charger.close()
    for gateway in made.gateways.values():
        await gateway.close()
    await log.close()
    await asyncio.gather(*running)
