"""A small hub: three chargers, and members who arrive, charge, leave, and return."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random

from simulators.charger.outlet import Outlet
from simulators.people.board import Board
from simulators.people.commissioning import commission
from simulators.people.day import Visit
from simulators.people.drivers import Hub, Member
from simulators.people.people import register_car, register_user
from simulators.scenarios.one_charger import PARKS_S, POLLS_EVERY_S, Show
from simulators.server.rest import Api, Credentials
from simulators.time.virtual_time import VirtualTime
from simulators.world.site import Site
from simulators.world.world import World

COMES_EVERY_MS = 30_000
STAYS_MIN = (15, 40)
NEEDS_KWH = (0.5, 2.5)
AWAY_MIN = (1, 5)
BATTERY_KWH = 60.0
TARGET_PERMILLE = 800
MINUTE_MS = 60_000
MOST_VINS = 1_000_000
LogIn = Callable[[Credentials], Api]


class LittleHub:
    """Registers a site of its own, commissions its chargers, and plays its members."""

    def __init__(
        self, time: VirtualTime, world: World, api: Api, log_in: LogIn, site: Site, ocpp: str, show: Show
    ) -> None:
        self._time = time
        self._world = world
        self._api = api
        self._log_in = log_in
        self._site = site
        self._ocpp = ocpp
        self._random = Random(site.id)
        self._show = show
        self._first_vin = self._random.randrange(MOST_VINS)

    async def play(self, cars: int) -> None:
        """Play until cancelled. Raises `CouldNotConnect`, `NotProven`, `Refused`, `Unreachable`."""
        time, points = self._time, self._world.points
        for credentials in await self._site.register(self._api):
            point = self._site.point(time, self._ocpp, credentials)
            for outlet in point.outlets.values():
                outlet.on_status.append(partial(self._show_status, outlet.id))
            point.link.on_result = partial(self._api.ledger.message, point.charger_id)
            points.append(point)
            await point.lifecycle.power_up()
        outlets = {outlet.id: outlet for outlet in self._world.outlets()}
        self._show(f"site {self._site.id}: {len(outlets)} chargers prove that they obey; about a minute ...")
        proving = [time.spawn(self._prove(outlet)) for outlet in outlets.values()]
        for proof in proving:
            await time.park(proof)
        self._show(f"site {self._site.id} is open; {cars} cars come, one after the other")
        board = Board(time, self._api, self._site.id)
        hub = Hub(time, self._api, board, self._site.id, outlets)
        for number in range(cars):
            time.spawn(self._live(hub, number))
        await time.park(asyncio.get_running_loop().create_future())

    async def _prove(self, outlet: Outlet) -> None:
        await commission(self._time, self._api, self._site.id, outlet, handles_s=PARKS_S, polls_every_s=POLLS_EVERY_S)

    async def _live(self, hub: Hub, number: int) -> None:
        """A member, whose car needs to charge again and again."""
        visit = self._visit(hub.time.now_ms + number * COMES_EVERY_MS)
        token = f"{self._site.id}-{number + 1}"
        api = self._log_in(await register_user(self._api, f"{token}@example.org", "driver"))
        vehicle_id = await register_car(api, (self._first_vin + number) % MOST_VINS, visit, token)
        while True:
            member = Member(hub, visit, token, self._random, vehicle_id, api)
            await member.live()
            self._show(f"{token} left with {member.life.energy_kwh:.2f} of {visit.need_kwh:.2f} kWh")
            visit = self._visit(hub.time.now_ms + round(self._random.uniform(*AWAY_MIN) * MINUTE_MS))

    def _visit(self, arrival_ms: int) -> Visit:
        needs_permille = round(1000 * self._random.uniform(*NEEDS_KWH) / BATTERY_KWH)
        return Visit(
            f"{self._site.id}:{arrival_ms}",
            arrival_ms,
            arrival_ms + round(self._random.uniform(*STAYS_MIN) * MINUTE_MS),
            BATTERY_KWH,
            TARGET_PERMILLE - needs_permille,
            TARGET_PERMILLE,
            reaction_s=2.0,
        )

    def _show_status(self, outlet_id: str, status: str) -> None:
        self._show(f"{outlet_id}: {status}")
