"""The simulated field: charge points on their lines, cars that come and go, and the currents that really flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.link import CallFailed
from simulators.charger.outlet import Outlet
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import Truth

TRIES = 5
TRY_AGAIN_S = 60.0


@dataclass(slots=True)
class Flow:
    """The current of an outlet until `until_ms`, while its connector is in this state; charged up to `at_ms`."""

    state: object
    until_ms: int
    at_ms: int
    currents_a: tuple[float, ...]


class Field:
    """Lets currents flow while time passes, and records them in the truth."""

    def __init__(self, time: VirtualTime, points: Sequence[ChargePoint], truth: Truth) -> None:
        self._time = time
        self._truth = truth
        self.points = points
        self.outlets: Mapping[str, Outlet] = {
            outlet.id: outlet for point in points for outlet in point.outlets.values()
        }
        self.energy_wh = 0.0
        """What all cars received."""
        self._flows: dict[str, Flow] = {}
        self._live: dict[str, tuple[float, ...]] = {}
        for outlet in self.outlets.values():
            outlet.connector.before_change = partial(self._charge, outlet)

    def flow(self, until_ms: int) -> int:
        """Let the currents flow from now to `until_ms`, or until one of them, or a status, changes; returns when."""
        now_ms = self._time.now_ms
        to_ms = until_ms
        for outlet in self.outlets.values():
            flow = self._flows.get(outlet.id)
            if flow is None or now_ms >= flow.until_ms or flow.state != outlet.connector.state:
                flow = self._look(outlet, now_ms)
                if flow is None:
                    return now_ms  # what follows from its status is done first
            to_ms = min(to_ms, flow.until_ms)
        edge_ms = self._truth.next_change_ms(now_ms)
        if edge_ms is not None:
            to_ms = min(to_ms, edge_ms)
        self._truth.record(self._live, now_ms, to_ms)
        return to_ms

    def _look(self, outlet: Outlet, now_ms: int) -> Flow | None:
        """Its current from now on, for as long as it stays; None: its status has changed."""
        status, connector = outlet.status, outlet.connector
        self._charge(outlet)
        outlet.refresh()
        if outlet.status != status:
            return None
        steady_ms = connector.steady_until_ms()
        until_ms = steady_ms if steady_ms > now_ms else now_ms - now_ms % 1000 + 1000
        flow = Flow(connector.state, until_ms, now_ms, connector.currents_a())
        self._flows[outlet.id] = flow
        self._live.pop(outlet.id, None)
        if any(flow.currents_a):
            self._live[outlet.id] = flow.currents_a
        return flow

    def _charge(self, outlet: Outlet) -> None:
        """What has flowed since the last time goes into battery and meter."""
        flow, now_ms = self._flows.get(outlet.id), self._time.now_ms
        if flow is None or flow.at_ms == now_ms:
            return
        from_ms, flow.at_ms = flow.at_ms, now_ms
        before_wh = outlet.connector.register_wh
        outlet.connector.charge(from_ms, now_ms)
        self.energy_wh += outlet.connector.register_wh - before_wh


class Visitors:
    """Cars at an outlet, one after another, by a seed: each plugs in, presents a card, and leaves when it has to."""

    def __init__(self, time: VirtualTime, outlet: Outlet, random: Random) -> None:
        self._time = time
        self._outlet = outlet
        self._random = random
        self.visits = 0

    async def come_and_go(self, until_ms: int) -> None:
        """Come until some time."""
        random = self._random
        while True:
            await self._time.sleep(random.expovariate(1 / 2_400))
            if self._time.now_ms >= until_ms:
                return
            await self._visit(self._car(), random.uniform(1_800, 4 * 3_600))

    def _car(self) -> Car:
        random, connector = self._random, self._outlet.connector
        return Car(
            random.choice((30, 50, 75)),
            random.uniform(0.1, 0.6),
            random.choice((16.0, 20.0, 32.0)),
            target=random.choice((0.8, 1.0)),
            voltage_v=connector.voltage_v,
            phases=random.choice(range(1, connector.phases + 1)),
            reaction_s=random.uniform(0.5, 5),
        )

    async def _visit(self, car: Car, stay_s: float) -> None:
        self.visits += 1
        outlet, leave_ms = self._outlet, self._time.now_ms + round(stay_s * 1000)
        outlet.plug(car)
        await self._time.sleep(self._random.uniform(5, 30))
        for _ in range(TRIES):
            if await present_card(outlet, f"car{self.visits}@{outlet.id}"[:20]) == "Accepted":
                break
            await self._time.sleep(TRY_AGAIN_S)
        await self._time.sleep_until(leave_ms)
        outlet.unplug()


async def present_card(outlet: Outlet, token: str) -> str:
    """The answer to a card, and to the start that follows."""
    try:
        status = await outlet.authorize(token)
        return status if status != "Accepted" else await outlet.start(token)
    except CallFailed as error:
        return str(error)
