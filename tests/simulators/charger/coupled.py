"""A world of a few charge points coupled to the small central system."""

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.outlet import Outlet
from simulators.charger.personality import Personality
from simulators.server.control import Control
from simulators.server.ledger import Ledger
from simulators.server.rest import Api, Credentials
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import Node, Wires
from simulators.world.truth import Truth as PhysicalTruth
from simulators.world.world import World
from tests.simulators.charger.central_system import PASSWORD, CentralSystem, Connection

START_MS = 1_552_054_000_000
"""2019-03-08 14:06:40 UTC."""
VOLTAGE_V = 208.0
OPERATOR = Credentials("operator@example.org", "a password")


@dataclass
class Coupled:
    ocpp_url: str
    central: CentralSystem
    world: World
    time: VirtualTime
    points: list[ChargePoint]
    api: Api

    @property
    def point(self) -> ChargePoint:
        return self.points[0]

    @property
    def outlet(self) -> Outlet:
        """The first outlet of the first point."""
        return self.point.outlets[1]

    @property
    def connection(self) -> Connection:
        return self.central.connections[self.point.ocpp_id]

    async def charging(self, **car: float) -> Car:
        """A car that charges at the first outlet."""
        made = a_car(**car)
        self.outlet.plug(made)
        assert await self.outlet.start("tag") == "Accepted"
        await self.time.sleep(10)
        return made

    async def profile(self, connector: int, raw: dict) -> str:
        """The status that the first point answers to a charging profile."""
        answer = await self.connection.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": raw})
        return answer[2]["status"]


def a_car(battery_kwh=60, level=0.2, max_current_a=32, **more) -> Car:
    return Car(battery_kwh, level, max_current_a, voltage_v=VOLTAGE_V, **more)


@asynccontextmanager
async def coupled(
    *characters: Personality,
    limit_kw: float = 100.0,
    phases: int = 1,
    connectors: int = 1,
    rest: bool = False,
    speed: float | None = None,
):
    """Charge points with these characters; the central system leaves limits to the test, and has REST where asked."""
    async with AsyncExitStack() as stack:
        central = CentralSystem(START_MS)
        central.share = lambda: None
        ocpp = await stack.enter_async_context(central.ocpp())
        host, port = await stack.enter_async_context(central.control())
        server = await stack.enter_async_context(central.rest()) if rest else "http://127.0.0.1:1"
        time = VirtualTime(START_MS)
        control = await Control.connect(host, port)
        points = [
            ChargePoint(
                time,
                ocpp,
                f"cp{n}",
                PASSWORD,
                character=character,
                connectors=connectors,
                phases=phases,
                voltage_v=VOLTAGE_V,
            )
            for n, character in enumerate(characters or (Personality(),), start=1)
        ]
        outlets = [outlet.id for point in points for outlet in point.outlets.values()]
        central.fleet = list(outlets)
        names = ("L1", "L2", "L3")[:phases]
        truth = PhysicalTruth(
            [Node("site", None, "site", limit_kw=limit_kw)],
            [Wires(outlet, "site", names, VOLTAGE_V) for outlet in outlets],
        )
        world = World(time, control, truth, speed)
        world.points = points
        api = Api(server, OPERATOR, Ledger())
        try:
            yield Coupled(ocpp, central, world, time, points, api)
        finally:
            for point in points:
                await point.lifecycle.close()
            await time.close()
            await api.close()
            await control.close()


async def play(this: Coupled, scenario) -> None:
    """Power up, then the scenario, in a running world."""

    async def all_of_it() -> None:
        for point in this.points:
            await point.lifecycle.power_up()
            # Its answer comes after all that the point sent before.
            await this.time.park(this.central.connections[point.ocpp_id].call_soon("GetConfiguration", {}))
        await scenario()

    await this.world.run(all_of_it())
