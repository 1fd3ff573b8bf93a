"""An OCPP 1.6J charge point with one connector: its protocol, its transactions, and the current it lets through."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from simulators.charger.answers import answer
from simulators.charger.battery import MIN_PILOT_A, Car
from simulators.charger.configuration import Configuration
from simulators.charger.frames import Call, Error, Payload, Result
from simulators.charger.link import CallFailed, CouldNotConnect, Link, Transaction
from simulators.charger.metering import meter_value
from simulators.charger.personality import Personality
from simulators.charger.profiles import CONNECTOR, ProfileStore
from simulators.time.virtual_time import Repeater, Signal, VirtualTime

RECONNECT_S = 10
RETRY_CONNECT_S = 30
RESTART_S = 30
MAX_TOKEN = 20
_FAR_MS = 10**15


class ChargePoint:
    """Plugs and tokens come from drivers, limits from the central system, current goes to the car.

    `news` fires when the status changes; `on_status` hears each new status.
    """

    def __init__(
        self,
        time: VirtualTime,
        url: str,
        ocpp_id: str,
        password: str,
        *,
        charger_id: str | None = None,
        phases: int = 1,
        voltage_v: float = 208.0,
        max_a: float = 32.0,
        character: Personality | None = None,
        seed: int = 0,
    ) -> None:
        self.time = time
        self.ocpp_id = ocpp_id
        self.charger_id = charger_id or ocpp_id
        """What the server's REST interface calls it."""
        self.phases = phases
        self.voltage_v = voltage_v
        self.max_a = max_a
        self.character = character or Personality()
        self.configuration = Configuration(self.character)
        self.link = Link(
            time,
            url,
            ocpp_id,
            password,
            calls_at_once=self.character.calls_at_once,
            answer_delay_s=self.character.answer_delay_s,
            keeps_queue=self.character.replays_queue,
        )
        self.link.on_call = self._on_call
        self.link.on_lost = self._on_lost
        self.car: Car | None = None
        self.transaction: Transaction | None = None
        self.register_wh = 0.0
        self.status = "Available"
        self.powered_ms: int | None = None
        self.news = Signal(time)
        self.on_status: list[Callable[[str], None]] = []
        self._profiles = ProfileStore(voltage_v, phases, self.character.rate_units, self.character.max_stack_level)
        self._limit: tuple[int, float] | None = None
        """(until when it holds in ms, A per phase): what the profiles say, kept until something changes."""
        self._gave = False
        self._refuses = False
        self._was_stopped = False
        self._random = Random(f"{seed}:{ocpp_id}")
        self._restarting = False
        self._away_s: float | None = None
        self._closing = False
        self._heartbeat = Repeater(time, self.beat)
        self._beat_phase_ms = self._random.randrange(300_000)
        self._aligned = Repeater(time, lambda: self.report("aligned"))
        self._sampled = Repeater(time, lambda: self.report("sampled"))

    # Power

    def limit_a(self) -> float:
        """What it may give now, A per phase: its profiles, and its hardware where they say nothing."""
        now_ms = self.time.now_ms
        if self._limit is None or now_ms >= self._limit[0]:
            started_ms = self.transaction.started_ms if self.transaction else None
            held_a = self._profiles.limit_a(now_ms, started_ms) if self.character.applies_profiles else None
            limit_a = self.max_a if held_a is None else min(self.max_a, held_a)
            change_ms = self._profiles.next_change_ms(now_ms, started_ms)
            self._limit = (_FAR_MS if change_ms is None else change_ms, limit_a)
        return self._limit[1]

    def current_a(self) -> float:
        """What flows now, A per phase."""
        return self.car.current_a(self.time.now_ms) if self.car and self.transaction else 0.0

    def steady_until_ms(self) -> int:
        """Until when the current stays as it is, left alone; now where it is changing."""
        if self.car is None or self.transaction is None:
            return _FAR_MS
        self.limit_a()
        assert self._limit is not None
        return min(self._limit[0], self.car.steady_until_ms(self.time.now_ms))

    def charge(self, from_ms: int, to_ms: int) -> None:
        """Let flow what flows from the one instant to the other."""
        if self.car and self.transaction:
            charged_wh = self.car.charge(from_ms, to_ms)
            self.register_wh += charged_wh
            if charged_wh > 0 and self.powered_ms is None:
                self.powered_ms = to_ms

    def refresh(self) -> None:
        """Give the car the pilot of this instant, and tell a changed status."""
        self.steer()
        self._notice()

    def steer(self) -> None:
        """Give the car the pilot of this instant."""
        if self.car and self.transaction:
            pilot_a = self.limit_a()
            if self._refuses or pilot_a < MIN_PILOT_A:
                pilot_a = 0.0
                self._refuses = self._gave and not self.character.resumes_from_zero
            self._gave = self._gave or pilot_a > 0
            self.car.follow(pilot_a, self.time.now_ms)

    def _notice(self) -> None:
        status = self._status_now()
        if status != self.status:
            self.status = status
            self.tell_status()
            for hear in self.on_status:
                hear(status)
            self.news.fire()

    def _status_now(self) -> str:
        if self.car is None:
            return "Available"
        if self.transaction is None:
            return "Finishing" if self._was_stopped else "Preparing"
        if self.car.full or self._refuses:
            return "SuspendedEV"
        return "Charging" if self.car.pilot_a else "SuspendedEVSE"

    # Drivers

    def plug(self, car: Car) -> None:
        """A car is plugged in. Raises `ValueError` where another one is."""
        if self.car is not None:
            raise ValueError(f"{self.ocpp_id} has a car already")
        self.car = car
        self.powered_ms = None
        self._was_stopped = False
        self.refresh()

    def unplug(self) -> None:
        """The car is gone, and with it the transaction."""
        self.stop("EVDisconnected")
        self.car = None
        self.refresh()

    async def authorize(self, token: str) -> str:
        """Present a token; the status of the answer. Raises `CallFailed`."""
        if len(token) > MAX_TOKEN:
            raise ValueError(f"an idTag has at most {MAX_TOKEN} characters")
        told = await self.link.call("Authorize", {"idTag": token})
        return str(told["idTagInfo"]["status"])

    async def start(self, token: str) -> str:
        """Begin a transaction: current may flow at once. The status that the central system gives it.

        One that is not accepted, or never answered, ends. Raises `CallFailed`.
        """
        transaction = self.transaction = Transaction(token, self.time.now_ms, round(self.register_wh))
        self._gave = self._refuses = False
        self._limit = None
        self.set_intervals()
        self.refresh()
        try:
            told = await self.link.call(
                "StartTransaction",
                {
                    "connectorId": CONNECTOR,
                    "idTag": token,
                    "meterStart": transaction.meter_start_wh,
                    "timestamp": self.time.now_text,
                },
                kept=True,
            )
        except CallFailed:
            self._end(transaction)
            self.link.forget(transaction)
            raise
        transaction.id = told["transactionId"]
        status = str(told["idTagInfo"]["status"])
        if status != "Accepted" and self.transaction is transaction:
            self.stop("DeAuthorized")
        self.link.pump()
        return status

    def stop(self, reason: str) -> None:
        """End the transaction, if one runs: the contactor opens now, the central system is told when it can be."""
        transaction = self.transaction
        if transaction is None:
            return
        self._end(transaction)
        self.link.tell(
            "StopTransaction",
            {
                "idTag": transaction.token,
                "meterStop": round(self.register_wh),
                "timestamp": self.time.now_text,
                "reason": reason,
            },
            kept=True,
            transaction=transaction,
        )

    def _end(self, transaction: Transaction) -> None:
        if self.transaction is not transaction:
            return
        self.transaction = None
        self._was_stopped = True
        if self.car is not None:
            self.car.cut(self.time.now_ms)
        self.clear_profiles(purpose="TxProfile")
        self.set_intervals()
        self.refresh()

    # The connection

    async def power_up(self) -> None:
        """Connect and boot. Raises `CouldNotConnect`."""
        await self.link.connect()
        await self._greet(boots=True)

    async def boot(self) -> None:
        """Notify the boot until it is accepted, then beat as told."""
        while self.link.connected:
            try:
                told = await self.link.call(
                    "BootNotification",
                    {
                        "chargePointVendor": "Commonwatt",
                        "chargePointModel": "Simulated",
                        "chargePointSerialNumber": self.ocpp_id[:25],
                        "firmwareVersion": "1.0",
                    },
                    first=True,
                )
            except CallFailed:
                await self.time.sleep(RETRY_CONNECT_S)
                if self.link.registered:
                    return  # with a boot that was told after reconnecting
                continue
            interval_s = max(1, int(told["interval"]))
            if told["status"] == "Accepted":
                self.configuration.change("HeartbeatInterval", str(interval_s))
                self.link.registered = True
                return
            await self.time.sleep(interval_s)

    def outage(self, away_s: float) -> None:
        """The line goes dead and comes back after `away_s`."""
        self._away_s = away_s
        self.link.drop()

    def restart(self, kind: str) -> None:
        """A Soft or Hard reset: the transaction ends, and it boots again."""
        self.stop(f"{kind}Reset")
        self._restarting = True
        self.outage(RESTART_S)

    async def close(self) -> None:
        """Go away for good."""
        self._closing = True
        await self.link.close()

    async def _greet(self, boots: bool) -> None:
        if boots:
            self.link.registered = False
            await self.boot()
        self.tell_status()
        self.set_intervals()
        self.link.pump()

    def _on_lost(self) -> None:
        if not self.character.keeps_profile_offline:
            self.clear_profiles(purpose="TxProfile")
        self.set_intervals()
        self.refresh()
        if not self._closing:
            away_s = self._away_s if self._away_s is not None else RECONNECT_S * (1 + self._random.random())
            self._away_s = None
            self.time.spawn(self._reconnect(away_s))

    async def _reconnect(self, away_s: float) -> None:
        await self.time.sleep(away_s)
        while not self._closing:
            try:
                await self.link.connect()
            except CouldNotConnect:
                await self.time.sleep(RETRY_CONNECT_S * (1 + self._random.random()))
                continue
            boots = self._restarting or self.character.boots_on_reconnect or not self.link.registered
            self._restarting = False
            await self._greet(boots)
            return

    # What it tells

    def tell_status(self) -> None:
        """StatusNotification of the connector."""
        self.link.tell(
            "StatusNotification",
            {
                "connectorId": CONNECTOR,
                "errorCode": "NoError",
                "status": self.status,
                "timestamp": self.time.now_text,
            },
        )

    def beat(self) -> None:
        self.link.tell("Heartbeat", {})

    def report(self, occasion: str) -> None:
        """MeterValues of this instant. Those of a transaction are told after an outage, others are lost in it."""
        value = meter_value(
            self.time.now_text,
            occasion,
            self.character.meter,
            self.register_wh,
            self.current_a(),
            self.voltage_v,
            self.phases,
        )
        in_transaction = self.transaction is not None
        fields = {"connectorId": CONNECTOR, "meterValue": [value]}
        self.link.tell("MeterValues", fields, kept=in_transaction, transaction=self.transaction)

    def set_intervals(self) -> None:
        """Repeat the regular messages as configured: heartbeats, clock-aligned and sampled meter values."""
        seconds = self.configuration.seconds
        self._heartbeat.every(seconds("HeartbeatInterval") if self.link.connected else 0, self._beat_phase_ms)
        self._aligned.every(seconds("ClockAlignedDataInterval"))
        if self.transaction is not None:
            self._sampled.every(seconds("MeterValueSampleInterval"), self.transaction.started_ms)
        else:
            self._sampled.every(0)

    # What it is told

    def _on_call(self, call: Call) -> Result | Error:
        return answer(self, call)

    def afterwards(self, action: Callable[[], object]) -> None:
        """Do something at this instant, after the answer."""
        self.time.at(self.time.now_ms, action)

    def put_profile(self, connector: int, raw: dict[str, Any]) -> None:
        """Hold a charging profile. Raises `BadProfile`."""
        self._profiles.put(connector, raw, self.transaction.id if self.transaction else None)
        self._limit = None
        self.refresh()

    def clear_profiles(
        self,
        id_: int | None = None,
        connector: int | None = None,
        purpose: str | None = None,
        stack_level: int | None = None,
    ) -> bool:
        """Drop charging profiles that match; whether there were any."""
        found = self._profiles.clear(id_, connector, purpose, stack_level)
        self._limit = None
        self.refresh()
        return found

    def composite(self, duration_s: int, unit: str) -> Payload:
        """The schedule it says it follows (a liar says what it was told)."""
        started_ms = self.transaction.started_ms if self.transaction else None
        return self._profiles.composite(self.time.now_ms, duration_s, unit, self.max_a, started_ms)
