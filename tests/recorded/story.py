"""What was recorded: some hours at two sites, with everything that people and chargers do, and every kind of fault.

The hub has three chargers that obey, and more cars than those. The yard's only charger lies, and its kernel has a
defect for some minutes. The third site has no chargers.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from services.base.addresses import wait_for_addresses
from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.personality import personality
from simulators.people.board import Board
from simulators.people.commissioning import commission
from simulators.people.day import Visit
from simulators.people.drivers import Hub, Member, WalkUp
from simulators.people.enterprises import PLANS, Unit, claim_a_mission, enlist
from simulators.people.people import register_car, register_user
from simulators.people.vin import vin
from simulators.server.control import Control
from simulators.server.ledger import Ledger
from simulators.server.rest import Api, Credentials, Json, Key, Refused
from simulators.time.virtual_time import VirtualTime, parse_ms, rfc3339
from simulators.world.site import NEARBY, VOLTAGE_V, ZONE, Site, little_hub
from simulators.world.truth import Node, Outlet, Truth
from simulators.world.world import World
from tests.faults.supervisor import Place
from tests.services.server import call

STARTS = "2019-03-08T08:00:00+00:00"
PATIENCE_S = 120
DEFECT_KW = 13
MINUTE_MS = 60_000
HUB = little_hub("hub")
YARD_OUTLET = Outlet("yard-1", "gate", ("L2",), VOLTAGE_V)
YARD = Site("yard", 20, 2, ZONE, [Node("gate", None, "site", limit_kw=20)], [YARD_OUTLET])
FIELD = Site("field", 5, 1, ZONE, [Node("fence", None, "site", limit_kw=5)], [])
MEMBERS = ((2, 75), (4, 80), (6, 50), (8, 95), (10, 28), (70, 130), (75, 140), (80, 150))
"""When each car comes and goes, in minutes after the hub opens."""
STRANGERS = ((0, 12), (140, 152))


class Servers:
    """One server after the other at a place, the first started when made."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._server = place.start()
        assert wait_for_addresses(place.data, self._server)

    def kill(self) -> None:
        """kill -9, and a new one."""
        self._server.kill()
        self._server.wait()
        self._server = self._place.start()

    def replace(self, *faults: str, before: Callable[[], object] = lambda: None) -> None:
        """Let it finish, do something, and start another build."""
        self.stop()
        before()
        self._server = self._place.start(*faults)

    def stop(self) -> None:
        self._server.send_signal(signal.SIGTERM)
        assert self._server.wait(PATIENCE_S) == 0


@dataclass(slots=True)
class Story:
    """Everybody who takes part in it."""

    place: Place
    servers: Servers
    time: VirtualTime
    world: World
    api: Api
    clients: list[Api] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)

    # Who they are

    def client(self, credentials: Credentials | Key) -> Api:
        seed = f"client {len(self.clients)}"
        api = Api(self.place.addresses.api, credentials, Ledger(), seed=seed, patience_s=PATIENCE_S)
        self.clients.append(api)
        return api

    async def user(self, email: str, role: str, enterprise_id: str | None) -> Api:
        return self.client(await register_user(self.api, email, role, enterprise_id))

    async def connect(self, site: Site, **described: Any) -> list[ChargePoint]:
        """Register a site and power its chargers up."""
        points = []
        for one in await site.register(self.api):
            identity = one.ocpp_id, one.password
            point = ChargePoint(self.time, self.place.addresses.ocpp, *identity, voltage_v=VOLTAGE_V, **described)
            self.world.points.append(point)
            await point.lifecycle.power_up()
            points.append(point)
        return points

    # What happens

    async def play(self) -> None:
        points = await self.connect(HUB)
        (liar,) = await self.connect(YARD, character=personality("liar"))
        await FIELD.register(self.api)
        for point in points:
            await commission(self.time, self.api, HUB.id, point)
        await self.time.sleep(60 - self.time.now_ms // 1000 % 60)
        board = Board(self.time, self.api, HUB.id)
        hub = Hub(self.time, self.api, board, HUB.id, {point.charger_id: point for point in points})
        opens_ms = self.time.now_ms
        for number, (comes, goes) in enumerate(MEMBERS):
            visit = a_visit(number, opens_ms + comes * MINUTE_MS, opens_ms + goes * MINUTE_MS)
            api = await self.user(f"driver-{number}@example.org", "driver", None)
            vehicle_id = await register_car(api, number, visit, f"card-{number}")
            self.members.append(Member(hub, visit, f"card-{number}", Random(number), vehicle_id, api))
        strangers = []
        for comes, goes in STRANGERS:
            visit = a_visit(comes, opens_ms + comes * MINUTE_MS, opens_ms + goes * MINUTE_MS)
            strangers.append(WalkUp(hub, visit, "stranger", Random(comes)))
        units = [await self.unit(hub, plan, opens_ms) for plan in PLANS]
        lives = [self.time.spawn(one.live()) for one in (*self.members, *strangers, *units)]
        minutes: dict[int, Coroutine[Any, Any, Any]] = {
            1: self.at_the_field(),
            12: self.reviews(),
            14: points[0].authorize("stranger"),
            22: self.caps(),
            25: claim_a_mission(self.members[3]),
            40: self.lies(liar),
            47: self.outages(points),
            55: self.suspension(),
            56: self.commands(points[0]),
            62: self.odd_messages(points[1]),
            85: self.undecided(hub),
            100: self.low_charge(),
            110: self.kill(),
            120: self.defect(),
            144: self.restart(points),
        }
        for minute, happening in minutes.items():
            lives.append(self.time.spawn(self.later(opens_ms + minute * MINUTE_MS, happening)))
        for life in lives:
            await self.time.park(life)

    async def later(self, at_ms: int, happening: Coroutine[Any, Any, Any]) -> None:
        await self.time.sleep_until(at_ms)
        await happening

    async def unit(self, hub: Hub, plan: Any, opens_ms: int) -> Unit:
        comes_ms = opens_ms + plan.after_noon_min * MINUTE_MS
        visit = a_visit(plan.number, comes_ms, comes_ms + 50 * MINUTE_MS)
        return await enlist(hub, plan, visit, 1, self.user, self.client)

    async def at_the_field(self) -> None:
        """A site without chargers takes nobody; and a cap that could never hold is refused."""
        driver = self.members[7]
        asked = {"vehicle_id": driver.vehicle_id, "site_id": FIELD.id, "target_soc": 80, "time_constraint_minutes": 60}
        await driver.api.post("/sessions/request", asked)
        with suppress(Refused):
            too_soon = rfc3339(self.time.now_ms + 20_000)
            await self.api.post(f"/sites/{FIELD.id}/grid-limit", {"limit_kw": 3, "ends_at": too_soon})

    async def reviews(self) -> None:
        """Two who wait ask for urgent reviews: an operator grants one, nobody decides the other."""
        granted, forgotten = self.members[4], self.members[3]
        for member in (granted, forgotten):
            await member.api.post(f"/sessions/{member.life.session}/urgent-review", {"reason": "low"})
        await self.time.sleep(120)
        decision = {"granted": True, "reason": "seen"}
        await self.api.post(f"/sessions/{granted.life.session}/urgent-review/decision", decision)

    async def caps(self) -> None:
        """One for some minutes, and a lower one in its place, that can't be guaranteed and pauses somebody."""
        for limit_kw, minutes in ((8, 30), (2.6, 8)):
            ends = rfc3339(self.time.now_ms + minutes * MINUTE_MS)
            cap = {"limit_kw": limit_kw, "ends_at": ends, "reason": "utility"}
            await self.api.post(f"/sites/{HUB.id}/grid-limit", cap)
            await self.time.sleep(240)

    async def commands(self, point: ChargePoint) -> None:
        for action, arguments in (
            ("get_configuration", {"key": "HeartbeatInterval"}),
            ("change_configuration", {"key": "HeartbeatInterval", "value": "600"}),
            ("trigger", {"requested_message": "MeterValues"}),
            ("unlock", {"connector_id": "1"}),
            ("remote_stop", {"transaction_id": "1"}),
        ):
            asked = {"action": action, "arguments": arguments, "expires_s": 30}
            await self.api.post(f"/chargers/{point.charger_id}/commands", asked)
            await self.time.sleep(20)

    async def suspension(self) -> None:
        """An enterprise loses its approval, while its unit charges by it; its next claim is refused."""
        await self.api.post(f"/enterprises/{PLANS[0].enterprise}/suspend")

    async def lies(self, liar: ChargePoint) -> None:
        """A charger that ignores its limits, a cap that it exceeds, and a start for which there is no room."""
        await self.api.post(f"/chargers/{liar.charger_id}/commission", {"test_load_a": 13, "minutes": 10})
        liar.plug(Car(60, 0.3, 13, voltage_v=VOLTAGE_V))
        await liar.authorize("technician")
        await liar.start("technician")
        await self.time.sleep(240)
        ends = rfc3339(self.time.now_ms + 10 * MINUTE_MS)
        await self.api.post(f"/sites/{YARD.id}/grid-limit", {"limit_kw": 1, "ends_at": ends})
        await self.time.sleep(300)
        liar.unplug()
        await self.time.sleep(30)
        await liar.authorize("stranger")
        await liar.start("stranger")
        await self.time.sleep(60)
        liar.stop("Local")

    async def outages(self, points: list[ChargePoint]) -> None:
        """One line is cut for seconds, one for longer than a lease."""
        points[0].outage(25)
        points[2].outage(14 * 60)

    async def odd_messages(self, point: ChargePoint) -> None:
        """A stop of an unknown transaction; a start and a stop that are sent twice; a fault."""
        point.link.tell("StopTransaction", self.stop_of(12345, 7, "Local"))
        await self.time.sleep(10)
        if (running := point.transaction) is not None:
            start = {"connectorId": 1, "idTag": running.token, "meterStart": running.meter_start_wh}
            point.link.tell("StartTransaction", start | {"timestamp": rfc3339(running.started_ms)})
            await self.time.sleep(10)
            point.stop("Local")
            await self.time.sleep(10)
            assert running.id is not None
            point.link.tell("StopTransaction", self.stop_of(running.id, round(point.register_wh), "Local"))
        fault = {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted", "timestamp": self.time.now_text}
        point.link.tell("StatusNotification", fault)
        await self.time.sleep(90)
        point.tell_status()

    def stop_of(self, transaction_id: int, meter_wh: int, reason: str) -> Json:
        stop = {"transactionId": transaction_id, "meterStop": meter_wh, "reason": reason}
        return stop | {"timestamp": self.time.now_text}

    async def undecided(self, hub: Hub) -> None:
        """Somebody who loses their first offer, snoozes one, misses one, and asks again only to cancel."""
        driver = await self.user("undecided@example.org", "driver", None)
        visit = a_visit(50, self.time.now_ms, self.time.now_ms + 90 * MINUTE_MS)
        vehicle_id = await register_car(driver, 50, visit, "undecided")
        session = await self.ask(driver, vehicle_id)
        offered = await self.reach(driver, session, "offered")
        hub.points[offered["charger_id"]].outage(60)
        await self.time.sleep(30)
        await self.reach(driver, session, "offered")
        await driver.post(f"/sessions/{session}/snooze")
        await self.reach(driver, session, "offered")
        await self.reach(driver, session, "expired")
        await driver.post(f"/sessions/{await self.ask(driver, vehicle_id)}/cancel")

    async def low_charge(self) -> None:
        """Three cars of a fleet run low, as their cloud reports: urgent by the rule, as long as the quota lasts."""
        fleet = PLANS[1]
        admin = await self.user(f"night@{fleet.domain}", "enterprise_admin", fleet.enterprise)
        owner = await self.user("ranger@example.org", "driver", None)
        owner_id = (await owner.get("/users/me"))["id"]
        key = await admin.post(f"/enterprises/{fleet.enterprise}/integration-keys")
        cloud = self.client(Key(key["key"]))
        for number in range(3):
            described = {"vin": vin(800_000 + number), "battery_kwh": 70, "owner_user_id": owner_id}
            vehicle_id = (await admin.post("/vehicles", described))["id"]
            session = await self.ask(admin, vehicle_id)
            reading = {"observed_at": self.time.now_text, "soc": 8.5, "range_km": 31, "gps": NEARBY}
            await cloud.post(f"/vehicles/{vehicle_id}/telemetry", reading)
            await admin.post(f"/sessions/{session}/urgent-review", {"reason": "empty"})
            await self.time.sleep(60)
        decision = {"granted": False, "reason": "enough for today"}
        await self.api.post(f"/sessions/{session}/urgent-review/decision", decision)

    async def ask(self, api: Api, vehicle_id: str) -> str:
        asked = {"vehicle_id": vehicle_id, "site_id": HUB.id, "target_soc": 80, "time_constraint_minutes": 120}
        return str((await api.post("/sessions/request", asked))["id"])

    async def reach(self, api: Api, session: str, state: str) -> Json:
        """The session once it is in this state."""
        while (now := await api.get(f"/sessions/{session}"))["state"] != state:
            await self.time.sleep(15)
        return now

    async def kill(self) -> None:
        self.servers.kill()

    async def defect(self) -> None:
        """A build whose kernel trips over a cap; then one that does not, and the parked site goes on."""
        self.servers.replace("--defect", str(DEFECT_KW * 1000))
        await self.time.sleep(120)
        await self.api.post(f"/sites/{YARD.id}/grid-limit", {"limit_kw": DEFECT_KW})
        await self.time.sleep(300)
        self.servers.replace(before=self.unpark)

    def unpark(self) -> None:
        done = call("unpark", f"load:{YARD.id}", "--data", str(self.place.data))
        assert done.returncode == 0, done.stderr

    async def restart(self, points: list[ChargePoint]) -> None:
        """A charger restarts while it charges."""
        next(point for point in points if point.transaction is not None).restart("Hard")


def a_visit(number: int, comes_ms: int, goes_ms: int) -> Visit:
    return Visit(f"visit {number}", comes_ms, goes_ms, 60.0, 500, 540 + 20 * (number % 3), reaction_s=2.0)


async def play(place: Place, servers: Servers) -> None:
    """The whole of it, from an empty log to the last car's departure."""
    host, _, port = place.addresses.control.rpartition(":")
    time = VirtualTime(parse_ms(STARTS))
    control = await Control.connect(host, int(port), PATIENCE_S)
    api = Api(place.addresses.api, place.operator, Ledger(), patience_s=PATIENCE_S)
    sites = HUB, YARD, FIELD
    truth = Truth(
        [node for site in sites for node in site.nodes], [outlet for site in sites for outlet in site.outlets]
    )
    world = World(time, control, truth)
    story = Story(place, servers, time, world, api)
    try:
        await world.run(story.play())
    finally:
        for point in world.points:
            await point.close()
        await time.close()
        for client in (api, *story.clients):
            await client.close()
        await control.close()
