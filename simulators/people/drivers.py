"""The drivers: they request, wait, accept, plug in, and leave, sometimes a little late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from simulators.charger.battery import Car
from simulators.charger.link import CallFailed
from simulators.charger.outlet import Outlet
from simulators.people.board import Board
from simulators.people.day import Visit
from simulators.people.lives import Life
from simulators.server.rest import Api, Json, Refused
from simulators.time.virtual_time import Signal, VirtualTime

SNOOZE_PROBABILITY = 0.05
SNOOZE_S = 120
REACTS_S = (20, 60)
DRIVES_S = (60, 120)
BEAT_MS = 30_000
"""Drivers act on whole half minutes, so that the meter samples of several cars share an instant."""
UNPLUGS_AFTER_S = 300
TRIES = 5
TRY_AGAIN_S = 60
OVER = ("completed", "cancelled", "expired", "failed", "refused", "rejected")


@dataclass(frozen=True, slots=True)
class Hub:
    """The site that drivers come to. `outlets` by their ids."""

    time: VirtualTime
    api: Api
    board: Board
    site_id: str
    outlets: Mapping[str, Outlet]


class Driver:
    """Takes one visit from arrival to departure, and records it in `life`."""

    def __init__(self, hub: Hub, visit: Visit, token: str, random: Random) -> None:
        self.visit = visit
        self.life = Life(visit.id, visit.arrival_ms, visit.departure_ms, visit.need_kwh)
        self._hub = hub
        self._time = hub.time
        self._token = token
        self._random = random
        self._news = Signal(hub.time)
        self.car: Car | None = None

    @property
    def now_ms(self) -> int:
        return self._time.now_ms

    async def live(self) -> None:
        """The visit."""
        await self._time.sleep_until(self.visit.arrival_ms)
        outlet = await self._find_charger()
        if outlet is not None:
            await self._use(outlet)
        self._hub.board.unwatch(self._news)
        self.life.phase = "gone"
        self.life.left_ms = self._time.now_ms

    async def _find_charger(self) -> Outlet | None:
        """The outlet to plug into now; None: the driver gives up."""
        raise NotImplementedError

    @property
    def _must_go(self) -> bool:
        return self._time.now_ms >= self.visit.departure_ms

    async def _pass(self, low_s: float, high_s: float) -> None:
        """Let some time pass, not beyond departure."""
        due_ms = self._time.now_ms + round(self._random.uniform(low_s, high_s) * 1000)
        await self._time.sleep_until(min(due_ms + -due_ms % BEAT_MS, self.visit.departure_ms))

    async def _use(self, outlet: Outlet) -> None:
        visit, life = self.visit, self.life
        self.car = car = Car(
            visit.battery_kwh,
            visit.level_permille / 1000,
            visit.max_current_a,
            target=visit.target_permille / 1000,
            voltage_v=outlet.connector.voltage_v,
            phases=outlet.connector.phases,
            reaction_s=visit.reaction_s,
        )
        outlet.on_status.append(self._on_status)
        outlet.plug(car)
        life.phase, life.plugged_ms, life.charger = "plugged", self._time.now_ms, outlet.id
        if await self._begin(outlet):
            await self._stay(outlet, car)
        life.powered_ms = outlet.connector.powered_ms
        outlet.unplug()
        outlet.on_status.remove(self._on_status)
        life.energy_kwh = car.delivered_wh / 1000

    def _on_status(self, status: str) -> None:
        self.life.record_status(status, self._time.now_ms)
        self._news.fire()

    async def _begin(self, outlet: Outlet) -> bool:
        """Present the token and start; whether a transaction runs. Tries again a few times."""
        for _ in range(TRIES):
            if self._must_go:
                return False
            try:
                status = await outlet.authorize(self._token)
                if status == "Accepted" and not self._must_go:
                    status = await outlet.start(self._token)
            except CallFailed as error:
                status = str(error)
            if status == "Accepted":
                return True
            self.life.notes.append(f"{self._time.now_text} not let in: {status}")
            await self._pass(TRY_AGAIN_S, TRY_AGAIN_S)
        return False

    async def _stay(self, outlet: Outlet, car: Car) -> None:
        """Stay until departure; once done, and asked to move for a waiting car, only a few minutes more."""
        board, life, leave_ms = self._hub.board, self.life, self.visit.departure_ms
        while self._time.now_ms < leave_ms:
            if life.done_ms is None and (
                car.full or outlet.connector.transaction is None or self._board_shows(outlet, "session_over")
            ):
                life.done_ms = self._time.now_ms
            if life.done_ms is not None and self._board_shows(outlet, "move_wanted"):
                leave_ms = min(leave_ms, self._time.now_ms + UNPLUGS_AFTER_S * 1000)
                board.unwatch(self._news)
                await self._time.sleep_until(leave_ms)
                return
            if outlet.status == "Charging":
                board.unwatch(self._news)
            else:
                board.watch(self._news, "chargers")
            await self._news.wait(leave_ms)

    def _board_shows(self, outlet: Outlet, what: str) -> bool:
        """Whether the board shows this of the driver's charger, read since the plug-in, or since the car was done."""
        since_ms = self.life.done_ms if what == "move_wanted" else self.life.plugged_ms
        entry = self._hub.board.chargers.get(outlet.id)
        if entry is None or since_ms is None or self._hub.board.chargers_read_ms <= since_ms:
            return False
        return bool(entry["move_wanted"]) if what == "move_wanted" else entry["session_state"] in OVER


class Member(Driver):
    """A registered car, whose driver requests a session, waits for an offer and accepts it."""

    def __init__(self, hub: Hub, visit: Visit, token: str, random: Random, vehicle_id: str, api: Api) -> None:
        """`api`: the driver's own; the hub's shows what everybody may see."""
        super().__init__(hub, visit, token, random)
        self.vehicle_id = vehicle_id
        self.api = api

    async def _find_charger(self) -> Outlet | None:
        while not self._must_go:
            try:
                session = await self._request()
            except Refused as refusal:
                self.life.notes.append(f"{self._time.now_text} refused: {refusal}")
                return None
            self.life.session = session["id"]
            self.life.phase = "waiting"
            session = await self._wait_for_charger(session)
            if session["state"] == "assigned" and not self._must_go:
                self.life.assigned_ms = self._time.now_ms
                outlet = await self._drive_to(self._hub.outlets[session["charger_id"]])
                if outlet is not None:
                    return outlet
            if session["state"] not in OVER:
                await self._cancel(self.life.session)
                return None
            self.life.notes.append(f"{self._time.now_text} session {session['state']}: {session.get('reason')}")
            await self._pass(TRY_AGAIN_S, TRY_AGAIN_S)
        return None

    async def _request(self) -> Json:
        left_ms = self.visit.departure_ms - self._time.now_ms
        return await self.api.post(
            "/sessions/request",
            {
                "vehicle_id": self.vehicle_id,
                "site_id": self._hub.site_id,
                "target_soc": self.visit.target_permille / 10,
                "current_soc": self.visit.level_permille / 10,
                "time_constraint_minutes": max(1, left_ms // 60_000),
            },
        )

    async def _wait_for_charger(self, session: Json) -> Json:
        """The session once it is assigned or over, or as it is at departure."""
        board, id_ = self._hub.board, str(session["id"])
        board.watch(self._news, "queue")
        while not self._must_go and session["state"] not in ("assigned", *OVER):
            if session["state"] == "offered":
                session = await self._take_offer(session)
                continue
            await self._news.wait(self.visit.departure_ms)
            # The board has the sessions in the queue; another one is read by itself.
            session = board.queue.get(id_) or await self.api.get(f"/sessions/{id_}")
        board.unwatch(self._news)
        return session

    async def _take_offer(self, session: Json) -> Json:
        """Accept it in a moment, or sometimes only after a snooze. An offer may be gone by then."""
        self.life.offers += 1
        id_ = self.life.session
        await self._pass(*REACTS_S)
        try:
            if self._random.random() < SNOOZE_PROBABILITY:
                self.life.snoozes += 1
                await self.api.post(f"/sessions/{id_}/snooze")
                await self._pass(SNOOZE_S, SNOOZE_S)
            return await self.api.post(f"/sessions/{id_}/accept")
        except Refused as refusal:
            self.life.notes.append(f"{self._time.now_text} offer lost: {refusal}")
            return await self.api.get(f"/sessions/{id_}")

    async def _drive_to(self, outlet: Outlet) -> Outlet | None:
        """The outlet, once the driver has arrived and it is free."""
        self.life.phase = "coming"
        await self._pass(*DRIVES_S)
        while outlet.connector.car is not None and not self._must_go:
            self.life.notes.append(f"{self._time.now_text} {outlet.id} is blocked")
            await self._pass(TRY_AGAIN_S, TRY_AGAIN_S)
        return None if self._must_go else outlet

    async def _cancel(self, session_id: str) -> None:
        try:
            await self.api.post(f"/sessions/{session_id}/cancel")
        except Refused as refusal:
            self.life.notes.append(f"{self._time.now_text} could not cancel: {refusal}")


class WalkUp(Driver):
    """A stranger, who plugs into a free charger and presents an unknown token."""

    async def _find_charger(self) -> Outlet | None:
        free = [outlet for outlet in self._hub.outlets.values() if outlet.status == "Available"]
        return self._random.choice(free) if free else None
