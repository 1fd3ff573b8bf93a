"""A run in virtual time: the server is started, every outlet is commissioned, and days with cars and faults pass."""

from __future__ import annotations

import asyncio
from random import Random

from adapters.ids import drawn_from, unique
from adapters.log.memory.topics import Topics
from commands.log import topics
from commands.log.codec import entry
from domain.records import Payload, input_record, load
from processors.load import Load
from processors.registry import Registry
from processors.sites import Sites
from services.virtual.clock import LoopClock
from services.virtual.faults import Faults
from services.virtual.field import Field, Visitors, present_card
from services.virtual.line import Line, Weather
from services.virtual.naive import NaiveServer
from services.virtual.plan import DETECTION_S, Plan, Result
from services.virtual.server import CentralSystem, Server
from services.virtual.yard import OUTLET_A, SITE, VOLTAGE_V, Yard
from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.outlet import Outlet
from simulators.time.loop_time import LoopTime
from simulators.time.virtual_loop import VirtualLoop, run

BEGIN_MS = 1_796_083_200_000
"""2026-12-01T00:00:00Z."""
DAY_MS = 86_400_000
TEST_LOAD_A = 10.0
COMMISSION_S = 900
CALM_S = 900
"""How long the field is left alone in the end, until every outlet has to be usable again."""


class NotProven(Exception):
    """An outlet did not prove itself when it was commissioned."""


def simulate(plan: Plan, *, naive: bool = False) -> Result:
    """Run a plan, with the real server or the naive one. Raises what a part of it raises, and `NotProven`."""
    with drawn_from(Random(f"{plan.seed} ids").getrandbits):
        return run(_run(plan, naive))


async def _run(plan: Plan, naive: bool) -> Result:
    world = World(plan, naive)
    await world.begin()
    await world.live()
    return await world.end()


class World:
    """Of a plan, on the event loop that runs now."""

    def __init__(self, plan: Plan, naive: bool = False) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._plan = plan
        self._yard = yard = Yard(plan)
        self._time = time = LoopTime(BEGIN_MS)
        self._weather = Weather(Random(f"{plan.seed} weather"))
        self._lines = {name: Line(name, yard.identity(name), self._weather) for name in yard.phases}
        self._truth = yard.truth()
        self._field = Field(time, [self._point(number, name) for number, name in enumerate(yard.phases)], self._truth)
        self._stored = Topics()
        self._kernel: Server | None = None
        self._server: CentralSystem = NaiveServer(time, self._lines, plan)
        if not naive:
            self._server = self._kernel = Server(self._stored, LoopClock(time), self._lines, (Registry, Sites, Load))
        self._visitors = [
            Visitors(time, outlet, Random(f"{plan.seed} {outlet.id}")) for outlet in self._field.outlets.values()
        ]
        self._before_wh = 0.0
        loop.while_time_passes(self._pass)

    async def begin(self) -> None:
        """Start the server, register the site, and commission every outlet. Raises `NotProven`."""
        await self._server.start()
        if self._kernel is not None:
            for stream, command in self._yard.registration():
                await self._give(self._kernel, stream, command)
        await asyncio.gather(*(point.lifecycle.power_up() for point in self._field.points))
        if self._kernel is not None:
            for outlet in self._field.outlets.values():
                await self._commission(self._kernel, outlet)

    async def live(self) -> None:
        """Let the days pass; then all faults end, and the cars leave."""
        plan, time = self._plan, self._time
        began_ms = time.now_ms
        end_ms = began_ms + round(plan.days * DAY_MS)
        self._before_wh = self._field.energy_wh
        self._weather.loss = plan.loss
        faults = Faults(plan, time, self._lines, self._server, Random(f"{plan.seed} faults"))
        cars = [time.spawn(one.come_and_go(end_ms)) for one in self._visitors]
        await faults.run(began_ms, end_ms)
        await time.sleep_until(end_ms)
        self._weather.loss = 0.0
        await asyncio.gather(*cars)

    async def end(self) -> Result:
        """Leave everything alone for a while, and end the server. Raises what a part of it raised."""
        await self._time.sleep(CALM_S)
        stuck = self._stuck()
        for point in self._field.points:
            await point.lifecycle.close()
        await self._server.kill()
        await self._time.close()
        if self._server.failed is not None:
            raise self._server.failed
        episodes = self._truth.episodes_s()
        return Result(
            overload_s=sum(max(0.0, one - DETECTION_S) for one in episodes),
            overload_detect_s=sum(min(one, DETECTION_S) for one in episodes),
            detection_s=max(episodes, default=0.0),
            energy_kwh=(self._field.energy_wh - self._before_wh) / 1000,
            visits=sum(one.visits for one in self._visitors),
            stuck=stuck,
            events=self._stored.of(topics.EVENTS).last,
            digest=self._stored.digest(),
        )

    def _stuck(self) -> int:
        """Outlets that nobody can use and nobody was alarmed of."""
        if self._kernel is None:
            return 0
        ledger = self._kernel.ledger(SITE)
        alarmed = {charger_id for _, charger_id in ledger.alarms}
        unusable = [one.id for one in ledger.chargers.values() if one.transactions or one.own_status != "available"]
        return len([outlet for outlet in unusable if outlet not in alarmed])

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
            phases=plan.phases,
            voltage_v=VOLTAGE_V,
            max_a=OUTLET_A,
            character=plan.characters[number % len(plan.characters)],
            seed=plan.seed,
            dial=self._lines[name].dial,
        )

    async def _give(self, server: Server, stream: str, command: Payload) -> None:
        record = input_record(unique(), "/virtual", stream, self._time.now_ms, command, actor="operator")
        await server.log.append(topics.inputs(stream.partition(":")[0]), [entry(record)])

    async def _commission(self, server: Server, outlet: Outlet) -> None:
        """A technician proves an outlet with a small load on one phase."""
        until_ms = self._time.now_ms + COMMISSION_S * 1000
        test_ma = int(TEST_LOAD_A * 1000)
        command = load.CommissionCharger(charger_id=outlet.id, test_load_ma=test_ma, expires_ms=until_ms)
        await self._give(server, topics.stream("load", SITE), command)
        test = Car(100, 0, TEST_LOAD_A, knee=1, reaction_s=0.5, voltage_v=VOLTAGE_V)
        while not server.ledger(SITE).chargers[outlet.id].verified:
            if self._time.now_ms >= until_ms:
                raise NotProven(outlet.id)
            if outlet.connector.transaction is None:
                outlet.unplug()
                outlet.plug(test)
                await self._time.sleep(15)
                await present_card(outlet, "technician")
            await self._time.sleep(10)
        outlet.unplug()
        await self._time.sleep(15)
