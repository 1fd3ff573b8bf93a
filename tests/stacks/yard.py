"""A real server on virtual time with one site, and the chargers of other makers' stacks that stand there."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from simulators.people.people import register_user
from simulators.people.vin import vin
from simulators.server.control import Control
from simulators.server.ledger import Ledger
from simulators.server.rest import Api
from simulators.time.virtual_time import parse_ms, rfc3339
from tests.faults.supervisor import Place
from tests.stacks.charger import MAX_A, PHASES, VOLTAGE_V, Charger
from tests.stacks.program import Program
from tests.stacks.relay import Relay

STARTS = "2026-03-08T08:00:00+00:00"
SITE = "yard"
NODES = [{"id": "site", "parent": None, "kind": "site", "limit_kw": 100}]
METER_EVERY_MS = 30_000
LONGEST_STEP_MS = 30_000
ASK_EVERY_S = 10
PATIENCE_S = 60
"""Of the wall clock, for what needs no virtual time: an answer, a connection."""
TECHNICIAN = "technician"
TEST_LOAD_A = 13.0


@contextmanager
def running(data: Path) -> Iterator[Place]:
    """A server, whose virtual time stands still at `STARTS`."""
    place = Place.new(data, STARTS)
    server = place.start()
    try:
        yield place
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


class Yard:
    """The server as the operator sees it, and its time. Entered once for each event loop."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.now_ms = parse_ms(STARTS)
        self.posts: list[Post] = []
        self._cars = 0
        self._visits = 0
        self._next_timer_ms: int | None = None

    async def __aenter__(self) -> Yard:
        host, _, port = self.place.addresses.control.rpartition(":")
        self.control = await Control.connect(host, int(port), PATIENCE_S)
        self._visits += 1  # each has idempotency keys of its own
        seed = str(self._visits)
        self.operator = Api(self.place.addresses.api, self.place.operator, Ledger(), seed=seed, patience_s=PATIENCE_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.operator.close()
        await self.control.close()

    @property
    def now(self) -> str:
        return rfc3339(self.now_ms)

    def later(self, seconds: float) -> str:
        return rfc3339(self.now_ms + round(seconds * 1000))

    async def open_site(self) -> None:
        async with self:
            await self.operator.post("/sites", {"id": SITE, "location": "u33dc0", "firm_kw": 2, "nodes": NODES})
            await self.settle()

    @asynccontextmanager
    async def post(self, charger_id: str, command: Sequence[str | Path], log: Path) -> AsyncIterator[Post]:
        """A registered charger that runs this program, connected."""
        answer = await self.operator.post(
            "/chargers",
            {
                "id": charger_id,
                "site_id": SITE,
                "node": "site",
                "phases": [f"L{number}" for number in range(1, PHASES + 1)],
                "max_a": MAX_A,
                "voltage_v": VOLTAGE_V,
            },
        )
        news = asyncio.Event()
        async with Relay(self.place.ports[1], news.set) as relay:
            url = f"ws://127.0.0.1:{relay.port}/ocpp"
            program = await Program.start([*command, url, answer["ocpp_id"], answer["password"]], log, news.set)
            post = Post(self, charger_id, answer["ocpp_id"], relay, program, news)
            self.posts.append(post)
            try:
                await post.until(lambda: program.online, "the charger is connected")
                await self.settle()
                yield post
            finally:
                self.posts.remove(post)
                await program.end()

    @asynccontextmanager
    async def driver(self, name: str, token: str, car_a: float) -> AsyncIterator[Driver]:
        """A driver with a three-phase car and its card."""
        credentials = await register_user(self.operator, f"{name}@example.org", "driver")
        api = Api(self.place.addresses.api, credentials, Ledger(), seed=name, patience_s=PATIENCE_S)
        self._cars += 1
        body = {"vin": vin(self._cars), "battery_kwh": 80, "max_a": car_a, "phases": PHASES, "token": token}
        vehicle = await api.post("/vehicles", body)
        try:
            yield Driver(self, api, vehicle["id"])
        finally:
            await api.close()

    async def outlet(self, charger_id: str) -> dict[str, Any]:
        """What everybody sees of an outlet."""
        entries = (await self.operator.get(f"/sites/{SITE}/chargers"))["chargers"]
        return next(entry for entry in entries if entry["id"] == charger_id)

    async def settle(self) -> None:
        """Return when the server and all chargers have nothing left to send at this moment."""
        while True:
            for post in self.posts:
                await post.quiet()
            before = [(post.relay.sent, post.relay.received) for post in self.posts]
            online = {post.ocpp_id: post.relay.sent for post in self.posts if post.online}
            async with asyncio.timeout(PATIENCE_S):
                advanced = await self.control.advance(self.now_ms, online)
            for post in self.posts:
                if post.online:
                    await post.received(advanced.sent.get(post.ocpp_id, 0))
                    await post.quiet()
            if before == [(post.relay.sent, post.relay.received) for post in self.posts]:
                self._next_timer_ms = advanced.next_timer_ms
                return

    async def pass_by(self, seconds: float) -> None:
        """Let virtual time pass; cars charge, and meters are reported."""
        until_ms = self.now_ms + round(seconds * 1000)
        while self.now_ms < until_ms:
            instants = [until_ms, self.now_ms + LONGEST_STEP_MS, self._next_timer_ms]
            to_ms = min(one for one in instants if one is not None and one > self.now_ms)
            for post in self.posts:
                post.charger.charge(self.now_ms, to_ms)
            self.now_ms = to_ms
            await self.settle()
            if any([await post.act() for post in self.posts]):
                await self.settle()

    async def pass_until(self, holds: Callable[[], Awaitable[bool]], at_most_s: float) -> None:
        """Let virtual time pass until something holds."""
        until_ms = self.now_ms + round(at_most_s * 1000)
        while not await holds():
            assert self.now_ms < until_ms, f"did not come within {at_most_s} s"
            await self.pass_by(ASK_EVERY_S)


class Post:
    """A charger of another maker's stack with its line to the server."""

    def __init__(
        self, yard: Yard, charger_id: str, ocpp_id: str, relay: Relay, program: Program, news: asyncio.Event
    ) -> None:
        self.id = charger_id
        self.ocpp_id = ocpp_id
        self.relay = relay
        self.program = program
        self.charger = Charger()
        self._yard = yard
        self._news = news
        self._heeded = 0
        self._requested: list[str] = []
        self._metered_ms = 0
        self._token = ""
        self._status = "Available"

    @property
    def online(self) -> bool:
        return self.program.online and not self.relay.is_cut

    # What happens at the charger

    async def boot(self) -> str:
        answer = await self._do("boot")
        await self.report("Available")
        return str(answer["status"])

    async def report(self, status: str) -> None:
        self._status = status
        await self._do("status", status=status, time=self._yard.now)

    async def prove(self) -> None:
        """Let a technician's test load prove that it obeys a lower limit."""
        yard = self._yard
        await yard.operator.post(f"/chargers/{self.id}/commission", {"test_load_a": TEST_LOAD_A, "minutes": 15})
        assert await self.plug(TECHNICIAN, TEST_LOAD_A) == "Accepted"
        await yard.pass_until(self._is_proven, 120)
        await self.leave()
        await yard.pass_by(10)

    async def _is_proven(self) -> bool:
        return bool((await self._yard.outlet(self.id))["obedience"] == "proven")

    async def plug(self, token: str, car_a: float) -> str:
        """Plug a car in, present its card, and start; the answer to the start, or to the card if that was refused."""
        await self.report("Preparing")
        status = str((await self._do("authorize", token=token))["status"])
        if status != "Accepted":
            return status
        wh = self.charger.shown_wh
        answer = await self._do("start", token=token, wh=wh, time=self._yard.now)
        self._token = token
        self.charger.transaction, self.charger.since_ms = answer["transaction"], self._yard.now_ms
        self.charger.car_a, self._metered_ms = car_a, self._yard.now_ms
        await self._yard.settle()
        await self.report("Charging")
        await self._yard.settle()
        return str(answer["status"])

    def unplug(self) -> asyncio.Future[dict[str, Any]]:
        """The car leaves; the future is the answer to the stop, however late that is sent."""
        wh, transaction = self.charger.shown_wh, self.charger.transaction
        self.charger.car_a = self.charger.transaction = None
        self.charger.profiles = {place: one for place, one in self.charger.profiles.items() if place[0] != "TxProfile"}
        return self.program.do("stop", transaction=transaction, token=self._token, wh=wh, time=self._yard.now)

    async def leave(self) -> None:
        """The car leaves, online."""
        await self.answer(self.unplug(), "stop")
        await self.report("Available")
        await self._yard.settle()

    async def act(self) -> bool:
        """Report the meter where it is due, and what was requested; whether there was anything."""
        if not self.online:
            return False
        requested, self._requested = self._requested, []
        for message in requested:
            if message == "StatusNotification":
                await self.report(self._status)
        is_due = self.charger.transaction is not None and self._yard.now_ms >= self._metered_ms + METER_EVERY_MS
        if is_due or "MeterValues" in requested:
            await self.report_meter()
        return is_due or bool(requested)

    async def report_meter(self) -> None:
        self._metered_ms = self._yard.now_ms
        reading = self.charger.reading(self._yard.now_ms)
        await self._do("meter", transaction=self.charger.transaction, time=self._yard.now, **reading)

    async def cut_line(self) -> None:
        """Return when both sides have noticed."""
        self.relay.cut()
        await self.until(lambda: not self.program.online, "the charger notices that its line is cut")
        async with asyncio.timeout(PATIENCE_S):
            while (await self._yard.outlet(self.id))["connected"]:
                await self._yard.settle()

    async def mend_line(self) -> None:
        """Return when the charger has connected again."""
        self.relay.mend()
        await self.until(lambda: self.program.online, "the charger connects again")
        await self._yard.settle()

    # What passes between both sides

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds() and not self.program.ended and not self.relay.wrong:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        assert not self.relay.wrong, (self.relay.wrong, self.relay.messages[-10:])
        assert holds(), f"not so: {what}; {self.relay.messages[-10:]} {self.program.complaints}"

    async def received(self, count: int) -> None:
        """The messages of the server have passed the line."""
        await self.until(lambda: self.relay.received >= count or not self.program.online, "messages arrive")

    async def quiet(self) -> None:
        """Each call has its answer, and what the server asked is known here; it is heeded at once."""
        relay, program = self.relay, self.program
        await self.until(
            lambda: not relay.open_calls and len(program.asked) == len(relay.called(from_charger=False)),
            "all calls are answered",
        )
        for event in program.asked[self._heeded :]:
            self._heed(event["asked"], event["payload"])
            self._heeded += 1

    def _heed(self, action: str, payload: dict[str, Any]) -> None:
        if action == "SetChargingProfile":
            self.charger.put(payload["csChargingProfiles"])
        elif action == "ClearChargingProfile":
            self.charger.clear(payload)
        elif action == "TriggerMessage":
            self._requested.append(payload["requestedMessage"])

    async def _do(self, command: str, **fields: Any) -> dict[str, Any]:
        return await self.answer(self.program.do(command, **fields), command)

    async def answer(self, answer: asyncio.Future[dict[str, Any]], command: str) -> dict[str, Any]:
        await self.until(answer.done, f"the answer to {command}")
        return await answer


class Driver:
    """A driver with a car."""

    def __init__(self, yard: Yard, api: Api, vehicle_id: str) -> None:
        self._yard = yard
        self._api = api
        self._vehicle_id = vehicle_id
        self.session_id = ""

    async def session(self) -> dict[str, Any]:
        return await self._api.get(f"/sessions/{self.session_id}")

    async def book(self) -> str:
        """Request a session, accept the offer, and return the outlet."""
        body = {"vehicle_id": self._vehicle_id, "site_id": SITE, "target_soc": 90, "current_soc": 20}
        answer = await self._api.post("/sessions/request", {**body, "time_constraint_minutes": 240})
        self.session_id = answer["id"]
        await self._yard.pass_until(self._is_offered, 60)
        answer = await self._api.post(f"/sessions/{self.session_id}/accept")
        await self._yard.settle()
        return str(answer["charger_id"])

    async def _is_offered(self) -> bool:
        return (await self.session())["state"] == "offered"
