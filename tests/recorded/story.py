"""What was recorded: some hours at four sites, with everything that people and chargers do, and every kind of fault.

The hub has three chargers that obey, and more cars than those. The yard's only charger ignores its limits, and its
kernel has a defect for some minutes. The court has a charger with two connectors, and one whose clock and register are
odd. The field has no chargers.
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
from simulators.charger.connector import Connector
from simulators.charger.link import Link
from simulators.charger.metering import meter_value
from simulators.charger.outlet import Outlet
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
from simulators.world.site import VOLTAGE_V, Charger, Site
from simulators.world.sites import NEARBY, ZONE, little_hub
from simulators.world.truth import Node, Truth
from simulators.world.world import World
from tests.faults.supervisor import Place
from tests.services.server import call

STARTS = "2019-03-08T08:00:00+00:00"
PATIENCE_S = 120
DEFECT_KW = 13
MINUTE_MS = 60_000
HUB = little_hub("hub")
DISOBEDIENT = Charger.single("yard-1", "gate", ("L2",), personality("non_compliant"))
YARD = Site("yard", 20, 2, ZONE, [Node("gate", None, "site", limit_kw=20)], [DISOBEDIENT])
DOUBLE = Charger.double("court-1", "arch", ("L1",))
ODD = Charger.single("court-2", "arch", ("L2",), personality("clock_ahead", "session_register"))
COURT = Site("court", 20, 5, ZONE, [Node("arch", None, "site", limit_kw=20)], [DOUBLE, ODD])
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

    async def connect(self, site: Site) -> list[ChargePoint]:
        """Register a site and power its chargers up."""
        registered = await site.register(self.api)
        points = [site.point(self.time, self.place.addresses.ocpp, credentials) for credentials in registered]
        for point in points:
            self.world.points.append(point)
            await point.lifecycle.power_up()
        return points

    # What happens

    async def play(self) -> None:
        points = await self.connect(HUB)
        (disobedient,) = await self.connect(YARD)
        double, odd = await self.connect(COURT)
        await FIELD.register(self.api)
        outlets = {outlet.id: outlet for point in points for outlet in point.outlets.values()}
        for outlet in outlets.values():
            await commission(self.time, self.api, HUB.id, outlet)
        await self.time.sleep(60 - self.time.now_ms // 1000 % 60)
        board = Board(self.time, self.api, HUB.id)
        hub = Hub(self.time, self.api, board, HUB.id, outlets)
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
            5: self.at_the_court(double),
            12: self.reviews(),
            14: points[0].outlets[1].authorize("stranger"),
            22: self.caps(),
            25: claim_a_mission(self.members[3]),
            36: self.at_the_odd_charger(odd.outlets[1]),
            40: self.disobedience(disobedient.outlets[1]),
            47: self.outages(points),
            55: self.suspension(),
            56: self.commands(points[0]),
            62: self.odd_messages(points[1]),
            85: self.undecided(points),
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

    async def disobedience(self, outlet: Outlet) -> None:
        """A charger that ignores its limits, a cap that it exceeds, and a start for which there is no room."""
        await self.api.post(f"/chargers/{outlet.id}/commission", {"test_load_a": 13, "minutes": 10})
        outlet.plug(a_car(0.3, 13))
        await outlet.authorize("technician")
        await outlet.start("technician")
        await self.time.sleep(240)
        ends = rfc3339(self.time.now_ms + 10 * MINUTE_MS)
        await self.api.post(f"/sites/{YARD.id}/grid-limit", {"limit_kw": 1, "ends_at": ends})
        await self.time.sleep(300)
        outlet.unplug()
        await self.time.sleep(30)
        await outlet.authorize("stranger")
        await outlet.start("stranger")
        await self.time.sleep(60)
        outlet.stop("Local")

    async def at_the_court(self, point: ChargePoint) -> None:
        """Two cars charge at one charger, one by a card that it knows; one stops while it is paused; a stop is lost."""
        first, second = point.outlets.values()
        for number, outlet in enumerate((first, second), start=60):
            await self.prepare(outlet, number)
        await self.begin(first, "resident-60")
        await self.time.sleep(60)
        second.plug(a_car(0.3, 32))
        await second.start("resident-61")
        await self.time.sleep(240)
        self.send_impossible(point.link, first.connector)
        await self.time.sleep(240)
        await self.stop_while_paused(first, second)
        await self.time.sleep(120)
        first.unplug()
        second.unplug()
        await self.time.sleep(60)
        await self.begin(second, "resident-61")
        await self.time.sleep(190)
        await self.lose_a_stop(point.link, second)

    async def at_the_odd_charger(self, outlet: Outlet) -> None:
        """A clock that is two hours ahead, and a register that starts anew in each transaction."""
        await self.prepare(outlet, 62)
        await self.begin(outlet, "resident-62")
        await self.time.sleep(300)
        outlet.unplug()

    async def prepare(self, outlet: Outlet, number: int) -> None:
        """Commission an outlet at the court, and register a resident with their car and card."""
        await commission(self.time, self.api, COURT.id, outlet)
        driver = await self.user(f"resident-{number}@example.org", "driver", None)
        await register_car(driver, number, a_visit(number, 0, 0), f"resident-{number}")

    async def begin(self, outlet: Outlet, token: str) -> None:
        outlet.plug(a_car(0.3, 32))
        await outlet.authorize(token)
        await outlet.start(token)

    def send_impossible(self, link: Link, connector: Connector) -> None:
        """Twice far more current than the outlet is rated for."""
        assert connector.transaction is not None
        for ago_ms in (5000, 0):
            measured = rfc3339(self.time.now_ms - ago_ms)
            value = meter_value(measured, "sampled", "register", connector.reading_wh, (90,), VOLTAGE_V)
            fields = {"connectorId": connector.number, "meterValue": [value]}
            link.send("MeterValues", fields, transaction=connector.transaction)

    async def stop_while_paused(self, *outlets: Outlet) -> None:
        """A cap leaves room for one of them; the driver of the other one stops, and finds no room to start again."""
        ends = rfc3339(self.time.now_ms + 5 * MINUTE_MS)
        await self.api.post(f"/sites/{COURT.id}/grid-limit", {"limit_kw": 2, "ends_at": ends})
        await self.time.sleep(180)
        paused = next(outlet for outlet in outlets if outlet.status == "SuspendedEVSE")
        assert paused.connector.transaction is not None
        token = paused.connector.transaction.token
        paused.stop("Local")
        await paused.authorize(token)

    async def lose_a_stop(self, link: Link, outlet: Outlet) -> None:
        """The car leaves, and the stop of its transaction comes minutes later."""
        connector = outlet.connector
        assert connector.transaction is not None
        assert connector.transaction.id is not None
        late = self.stop_of(connector.transaction.id, round(connector.reading_wh), "EVDisconnected")
        connector.end()
        connector.unplug()
        outlet.reports.schedule()
        outlet.refresh()
        await self.time.sleep(300)
        link.send("StopTransaction", late)

    async def outages(self, points: list[ChargePoint]) -> None:
        """One line is cut for seconds, one for longer than a lease."""
        points[0].lifecycle.outage(25)
        points[2].lifecycle.outage(14 * 60)

    async def odd_messages(self, point: ChargePoint) -> None:
        """A stop of an unknown transaction; a start and a stop that are sent twice; a fault."""
        link, outlet = point.link, point.outlets[1]
        link.send("StopTransaction", self.stop_of(12345, 7, "Local"))
        await self.time.sleep(10)
        if (running := outlet.connector.transaction) is not None:
            start = {"connectorId": 1, "idTag": running.token, "meterStart": running.meter_start_wh}
            link.send("StartTransaction", start | {"timestamp": rfc3339(running.started_ms)})
            await self.time.sleep(10)
            outlet.stop("Local")
            await self.time.sleep(10)
            assert running.id is not None
            link.send("StopTransaction", self.stop_of(running.id, round(outlet.connector.reading_wh), "Local"))
        fault = {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted", "timestamp": self.time.now_text}
        link.send("StatusNotification", fault)
        await self.time.sleep(90)
        outlet.reports.status(outlet.status)

    def stop_of(self, transaction_id: int, meter_wh: int, reason: str) -> Json:
        stop = {"transactionId": transaction_id, "meterStop": meter_wh, "reason": reason}
        return stop | {"timestamp": self.time.now_text}

    async def undecided(self, points: list[ChargePoint]) -> None:
        """Somebody who loses their first offer, snoozes one, misses one, and asks again only to cancel."""
        driver = await self.user("undecided@example.org", "driver", None)
        visit = a_visit(50, self.time.now_ms, self.time.now_ms + 90 * MINUTE_MS)
        vehicle_id = await register_car(driver, 50, visit, "undecided")
        session = await self.ask(driver, vehicle_id)
        offered = await self.reach(driver, session, "offered")
        next(point for point in points if point.charger_id == offered["charger_id"]).lifecycle.outage(60)
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
        next(point for point in points if point.outlets[1].connector.transaction is not None).reset("Hard")


def a_car(level: float, max_current_a: float) -> Car:
    return Car(60, level, max_current_a, voltage_v=VOLTAGE_V)


def a_visit(number: int, comes_ms: int, goes_ms: int) -> Visit:
    return Visit(f"visit {number}", comes_ms, goes_ms, 60.0, 500, 540 + 20 * (number % 3), reaction_s=2.0)


async def play(place: Place, servers: Servers) -> None:
    """The whole of it, from an empty log to the last car's departure."""
    host, _, port = place.addresses.control.rpartition(":")
    time = VirtualTime(parse_ms(STARTS))
    control = await Control.connect(host, int(port), PATIENCE_S)
    api = Api(place.addresses.api, place.operator, Ledger(), patience_s=PATIENCE_S)
    sites = HUB, YARD, COURT, FIELD
    truth = Truth([node for site in sites for node in site.nodes], [wires for site in sites for wires in site.wires()])
    world = World(time, control, truth)
    story = Story(place, servers, time, world, api)
    try:
        await world.run(story.play())
    finally:
        for point in world.points:
            await point.lifecycle.close()
        await time.close()
        for client in (api, *story.clients):
            await client.close()
        await control.close()
