"""One registered charger: it is commissioned, or serves a car whenever an outlet is assigned to a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.outlet import Outlet
from simulators.people.board import Board
from simulators.people.commissioning import commission
from simulators.people.day import Visit
from simulators.people.drivers import Driver, Hub
from simulators.server.rest import Api, Json
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import PHASES, Node, Truth, Wires

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
    """Connects, and is commissioned or serves one car after the other at each outlet."""

    def __init__(self, time: VirtualTime, api: Api, point: ChargePoint, show: Show) -> None:
        self._time = time
        self._api = api
        self._point = point
        self._show = show

    async def prove(self) -> None:
        """Commission the outlets that are not verified. Raises what `serve` does, and `NotProven`."""
        site_id, known = await self._connect()
        for outlet in self._point.outlets.values():
            if known[outlet.id]["obedience"] != "proven":
                self._show(f"{outlet.id} proves on a test load that it obeys; some 40 s ...")
                await commission(self._time, self._api, site_id, outlet, handles_s=PARKS_S, polls_every_s=POLLS_EVERY_S)
            self._show(f"{outlet.id} is proven")

    async def serve(self, car: CarOptions, once: bool) -> None:
        """Serve cars at every outlet for ever, or until one has charged and left.

        Raises `CouldNotConnect`, `NoSuchCharger`, `Refused`, `Unreachable`.
        """
        site_id, _ = await self._connect()
        outlets = {outlet.id: outlet for outlet in self._point.outlets.values()}
        hub = Hub(self._time, self._api, Board(self._time, self._api, site_id), site_id, outlets)
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for outlet in outlets.values():
            self._time.spawn(self._serve(hub, outlet, car, served if once else None))
        await self._time.park(served)

    async def _serve(self, hub: Hub, outlet: Outlet, car: CarOptions, served: asyncio.Future[None] | None) -> None:
        """Serve cars at an outlet; `served` is resolved when one has charged and left."""
        while served is None or not served.done():
            self._show(f"{outlet.id} waits for a car")
            guest = Guest(hub, outlet, car.visit(self._time.now_ms), car.token)
            await guest.live()
            notes = "; ".join(guest.life.notes) or "all went well"
            self._show(f"the car left {outlet.id} with {guest.life.energy_kwh:.3f} kWh ({notes})")
            if served is not None and not served.done() and guest.life.powered_ms is not None:
                served.set_result(None)

    async def _connect(self) -> tuple[str, dict[str, Json]]:
        """Connect; the charger's site, and the entries there by outlet."""
        await self._point.lifecycle.power_up()
        self._show(f"{self._point.ocpp_id} is connected")
        return await self._find()

    async def _find(self) -> tuple[str, dict[str, Json]]:
        """The charger's site, and the entries there by outlet."""
        outlets = {outlet.id for outlet in self._point.outlets.values()}
        for site in (await self._api.get("/sites"))["sites"]:
            entries = (await self._api.get(f"/sites/{site['id']}/chargers"))["chargers"]
            known = {entry["id"]: entry for entry in entries}
            if outlets <= known.keys():
                return site["id"], known
        raise NoSuchCharger(f"no site has a charger {self._point.charger_id}")


class Guest(Driver):
    """Arrives when the outlet is assigned, and leaves when the car has reached its target."""

    def __init__(self, hub: Hub, outlet: Outlet, visit: Visit, token: str) -> None:
        super().__init__(hub, visit, token, Random(visit.arrival_ms))
        self._outlet = outlet

    async def _find_charger(self) -> Outlet:
        while not await self._is_assigned():
            await self._time.sleep(POLLS_EVERY_S)
        await self._time.sleep(PARKS_S)
        return self._outlet

    async def _is_assigned(self) -> bool:
        chargers = (await self._hub.api.get(f"/sites/{self._hub.site_id}/chargers"))["chargers"]
        return any(charger["id"] == self._outlet.id and charger["session_state"] == "assigned" for charger in chargers)

    async def _stay(self, outlet: Outlet, car: Car) -> None:
        while outlet.connector.transaction is not None and not car.full:
            await self._news.wait(self.visit.departure_ms)
        await self._time.sleep(PARKS_S)


def wires(point: ChargePoint) -> Truth:
    """The physical truth where there is one charger and nothing else."""
    outlets = list(point.outlets.values())
    most_kw = sum(one.connector.max_a * one.connector.voltage_v * one.connector.phases for one in outlets) / 1000
    return Truth(
        [Node("site", None, "site", limit_kw=most_kw)],
        [Wires(one.id, "site", PHASES[: one.connector.phases], one.connector.voltage_v) for one in outlets],
    )
