"""One registered charger: it is commissioned, or serves a car whenever it is assigned to a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.people.board import Board
from simulators.people.commissioning import commission
from simulators.people.day import Visit
from simulators.people.drivers import Driver, Hub
from simulators.server.rest import Api, Json
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import Node, Outlet, Truth

POLLS_EVERY_S = 2
PARKS_S = 2
STAYS_AT_MOST_MS = 24 * 3_600_000
Show = Callable[[str], None]


class NoSuchCharger(Exception):
    """No site of the server has this charger."""


@dataclass(frozen=True, slots=True)
class CarOptions:
    """The car: its battery, its level at arrival and its target (from 0 to 1), and the token of its driver."""

    token: str
    battery_kwh: float
    level: float
    target: float
    max_a: float

    def visit(self, now_ms: int) -> Visit:
        return Visit(
            "car",
            now_ms,
            now_ms + STAYS_AT_MOST_MS,
            self.battery_kwh,
            round(1000 * self.level),
            round(1000 * self.target),
            reaction_s=2.0,
            max_current_a=self.max_a,
        )


class OneCharger:
    """Connects, and is commissioned or serves one car after the other."""

    def __init__(self, time: VirtualTime, api: Api, point: ChargePoint, show: Show) -> None:
        self._time = time
        self._api = api
        self._point = point
        self._show = show

    async def prove(self) -> None:
        """Commission the charger, unless it is verified. Raises what `serve` does, and `NotProven`."""
        point = self._point
        site_id, charger = await self._connect()
        if charger["obedience"] != "proven":
            self._show(f"{point.ocpp_id} proves on a test load that it obeys; some 40 s ...")
            await commission(self._time, self._api, site_id, point, handles_s=PARKS_S, polls_every_s=POLLS_EVERY_S)
        self._show(f"{point.ocpp_id} is proven")

    async def serve(self, car: CarOptions, once: bool) -> None:
        """Serve cars for ever, or until one has charged and left.

        Raises `CouldNotConnect`, `NoSuchCharger`, `Refused`, `Unreachable`.
        """
        point = self._point
        site_id, _ = await self._connect()
        hub = Hub(self._time, self._api, Board(self._time, self._api, site_id), site_id, {point.charger_id: point})
        served = False
        while not (served and once):
            self._show(f"{point.ocpp_id} waits for a car")
            guest = Guest(hub, point, car.visit(self._time.now_ms), car.token)
            await guest.live()
            served = guest.life.powered_ms is not None
            notes = "; ".join(guest.life.notes) or "all went well"
            self._show(f"the car left {point.ocpp_id} with {guest.life.energy_kwh:.3f} kWh ({notes})")

    async def _connect(self) -> tuple[str, Json]:
        """Connect; the charger's site and its entry there."""
        await self._point.lifecycle.power_up()
        self._show(f"{self._point.ocpp_id} is connected")
        return await self._find()

    async def _find(self) -> tuple[str, Json]:
        """The charger's site and its entry there."""
        for site in (await self._api.get("/sites"))["sites"]:
            for charger in (await self._api.get(f"/sites/{site['id']}/chargers"))["chargers"]:
                if charger["id"] == self._point.charger_id:
                    return site["id"], charger
        raise NoSuchCharger(f"no site has a charger {self._point.charger_id}")


class Guest(Driver):
    """Arrives when the charger is assigned, and leaves when the car has reached its target."""

    def __init__(self, hub: Hub, point: ChargePoint, visit: Visit, token: str) -> None:
        super().__init__(hub, visit, token, Random(visit.arrival_ms))
        self._point = point

    async def _find_charger(self) -> ChargePoint:
        while not await self._is_assigned():
            await self._time.sleep(POLLS_EVERY_S)
        await self._time.sleep(PARKS_S)
        return self._point

    async def _is_assigned(self) -> bool:
        chargers = (await self._hub.api.get(f"/sites/{self._hub.site_id}/chargers"))["chargers"]
        return any(
            charger["id"] == self._point.charger_id and charger["session_state"] == "assigned" for charger in chargers
        )

    async def _stay(self, point: ChargePoint, car: Car) -> None:
        while point.connector.transaction is not None and not car.full:
            await self._news.wait(self.visit.departure_ms)
        await self._time.sleep(PARKS_S)


def wires(point: ChargePoint) -> Truth:
    """The physical truth where there is one charger and nothing else."""
    most_kw = point.connector.max_a * point.connector.voltage_v * point.connector.phases / 1000
    phases = ("L1", "L2", "L3")[: point.connector.phases]
    return Truth(
        [Node("site", None, "site", limit_kw=most_kw)],
        [Outlet(point.charger_id, "site", phases, point.connector.voltage_v)],
    )
