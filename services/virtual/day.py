"""Days of a simulated site: its server, its field and the faults between them, all drawn from a seed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from adapters.ids import drawn_from, unique
from adapters.log.memory.topics import Topics
from commands.log import topics
from commands.log.codec import entry
from commands.ports.directory import ChargerIdentity
from domain.records import Payload, input_record, load, registry
from processors.load import Load
from processors.registry import Registry
from processors.sites import Sites
from services.virtual.clock import LoopClock
from services.virtual.field import Field, Visitors, present_card
from services.virtual.line import Line, Weather
from services.virtual.server import Server
from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.outlet import Outlet
from simulators.charger.personality import COMPLIANT, Personality
from simulators.time.loop_time import LoopTime
from simulators.time.virtual_loop import VirtualLoop, run
from simulators.world.truth import Node, Truth, Wires

BEGIN_MS = 1_796_083_200_000
"""2026-12-01T00:00:00Z."""
DAY_MS = 86_400_000
SITE = "yard"
VOLTAGE_V = 230.0
OUTLET_A = 32.0
LEAST_A = 6.0
TEST_LOAD_A = 10.0
COMMISSION_S = 600


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is drawn from. `outages` are of each charger and day, `kills` of the server and day."""

    seed: int
    days: int = 1
    chargers: int = 10
    limit_a: float = 120.0
    characters: Sequence[Personality] = (COMPLIANT,)
    """Of the chargers, by turns."""
    loss: float = 0.0
    outages: int = 0
    uplink_outages: int = 0
    kills: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    overload_s: float
    overload_detect_s: float
    detection_s: float
    energy_kwh: float
    visits: int
    stuck: int
    events: int
    digest: str


def run_days(plan: Plan) -> Result:
    """Run a plan in virtual time. Raises what a part of the system raises."""
    with drawn_from(Random(f"{plan.seed} ids").getrandbits):
        return run(Days(plan).run())


class Days:
    """A run of a plan, on the event loop that runs now."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(f"{plan.seed} world")

    async def run(self) -> Result:
        plan = self._plan
        self._time = LoopTime(BEGIN_MS)
        self._stored = Topics()
        self._weather = Weather(Random(f"{plan.seed} weather"))
        names = [f"c{number}" for number in range(1, plan.chargers + 1)]
        self._lines = {name: Line(name, _identity(name), self._weather) for name in names}
        self._points = [self._point(number, name) for number, name in enumerate(names)]
        self._truth = Truth(
            [Node("root", None, "site", (plan.limit_a,) * 3, plan.limit_a * 3 * VOLTAGE_V / 1000)],
            [Wires(name, "root", ("L1",), VOLTAGE_V) for name in names],
        )
        self._field = Field(self._time, self._points, self._truth)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.while_time_passes(self._pass)
        self._server = Server(self._stored, LoopClock(self._time), self._lines, (Registry, Sites, Load))
        await self._server.start()
        await self._register(names)
        await asyncio.gather(*(point.lifecycle.power_up() for point in self._points))
        for outlet in self._field.outlets.values():
            await self._commission(outlet)
        await self._live()
        await self._server.kill()
        return self._result()

    def _pass(self, from_s: float, to_s: float) -> float:
        to_ms = BEGIN_MS + round(to_s * 1000)
        if to_ms <= self._time.now_ms:
            return to_s
        reached_ms = self._field.flow(to_ms)
        return to_s if reached_ms == to_ms else max(from_s, (reached_ms - BEGIN_MS) / 1000)

    def _point(self, number: int, name: str) -> ChargePoint:
        plan = self._plan
        return ChargePoint(
            self._time,
            "virtual",
            name,
            "",
            voltage_v=VOLTAGE_V,
            max_a=OUTLET_A,
            character=plan.characters[number % len(plan.characters)],
            seed=plan.seed,
            dial=self._lines[name].dial,
        )

    async def _register(self, names: Sequence[str]) -> None:
        limit_w = int(self._plan.limit_a * 3 * VOLTAGE_V)
        limit_ma = int(self._plan.limit_a * 1000)
        root = registry.NodeSpec(id="root", parent=None, kind="site", limit_w=limit_w, limit_ma=(limit_ma,) * 3)
        site = registry.RegisterSite(site_id=SITE, location_zone="z", firm_w=limit_w // 4, nodes=(root,))
        await self._say("registry", f"site:{SITE}", site)
        for name in names:
            charger = registry.RegisterCharger(
                charger_id=name,
                site_id=SITE,
                node="root",
                phases=(0,),
                max_ma=int(OUTLET_A * 1000),
                min_ma=int(LEAST_A * 1000),
                voltage_mv=int(VOLTAGE_V * 1000),
            )
            await self._say("registry", f"charger:{name}", charger)

    async def _say(self, processor: str, key: str, command: Payload) -> None:
        stream = topics.stream(processor, key)
        record = input_record(unique(), "/virtual", stream, self._time.now_ms, command, actor="operator")
        await self._server.log.append(topics.inputs(processor), [entry(record)])

    async def _commission(self, outlet: Outlet) -> None:
        """A technician proves an outlet with a small load. Raises `TimeoutError`."""
        until_ms = self._time.now_ms + COMMISSION_S * 1000
        command = load.CommissionCharger(
            charger_id=outlet.id, test_load_ma=int(TEST_LOAD_A * 1000), expires_ms=until_ms
        )
        await self._say("load", SITE, command)
        test = Car(100, 0, TEST_LOAD_A, knee=1, reaction_s=0.5, voltage_v=VOLTAGE_V)
        async with asyncio.timeout(COMMISSION_S):
            while not self._server.ledger(SITE).chargers[outlet.id].verified:
                if outlet.connector.transaction is None:
                    outlet.unplug()
                    outlet.plug(test)
                    await self._time.sleep(15)
                    await present_card(outlet, "technician")
                await self._time.sleep(10)
        outlet.unplug()
        await self._time.sleep(15)

    async def _live(self) -> None:
        plan = self._plan
        began_ms = self._time.now_ms
        end_ms = began_ms + plan.days * DAY_MS
        self._energy_before_wh = self._field.energy_wh
        self._weather.loss = plan.loss
        self._visitors = [
            Visitors(self._time, outlet, Random(f"{plan.seed} {outlet.id}")) for outlet in self._field.outlets.values()
        ]
        work = [self._time.spawn(one.come_and_go(end_ms)) for one in self._visitors]
        work += [self._time.spawn(self._faults(end_ms))]
        await self._time.sleep_until(end_ms)
        for one in work:
            one.cancel()

    async def _faults(self, end_ms: int) -> None:
        """Outages of lines and of the whole uplink, and kills of the server, at random instants."""
        plan, random = self._plan, self._random
        began_ms = self._time.now_ms
        due = [
            (began_ms + int(random.random() * (end_ms - began_ms)), kind, name)
            for kind, names, each in (
                ("outage", list(self._lines), plan.outages),
                ("uplink", [""], plan.uplink_outages),
                ("kill", [""], plan.kills),
            )
            for name in names
            for _ in range(each * plan.days)
        ]
        for at_ms, kind, name in sorted(due):
            await self._time.sleep_until(at_ms)
            if kind == "kill":
                await self._server.kill()
                await self._time.sleep(random.uniform(1, 120))
                await self._server.start()
                continue
            away_s = random.uniform(5, 900)
            for point in self._points:
                if name in ("", point.ocpp_id):
                    self._time.spawn(self._cut(point, away_s))

    async def _cut(self, point: ChargePoint, away_s: float) -> None:
        line = self._lines[point.ocpp_id]
        line.is_cut = True
        line.drop()
        await self._time.sleep(away_s)
        line.is_cut = False

    def _result(self) -> Result:
        episodes = self._truth.episodes_s()
        events = self._stored.of(topics.EVENTS)
        return Result(
            overload_s=sum(max(0.0, one - DETECTION_S) for one in episodes),
            overload_detect_s=sum(min(one, DETECTION_S) for one in episodes),
            detection_s=max(episodes, default=0.0),
            energy_kwh=(self._field.energy_wh - self._energy_before_wh) / 1000,
            visits=sum(one.visits for one in self._visitors),
            stuck=0,
            events=events.last,
            digest=self._stored.digest(),
        )


DETECTION_S = 75.0
"""How long an overload may take to be seen and ended: fixed by the safety argument."""


def _identity(name: str) -> ChargerIdentity:
    return ChargerIdentity(name, SITE, (0,), int(VOLTAGE_V * 1000))
