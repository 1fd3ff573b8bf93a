"""Vehicles, holders, a site and its safety kernel with all the messages between them, in virtual time.

The chargers obey: they confirm what they are asked to, and their meters show what their cars draw: all that they may.
"""

from __future__ import annotations

from domain.load_control.caps import limits
from domain.load_control.counting import counted_ma
from domain.load_control.headroom import Headroom
from domain.records import Payload, Record, input_record, load, observations, registry, vehicles
from domain.records.observations import Reading
from domain.records.time import TimerDue
from processors.engine.stream import StreamState, fresh, step
from processors.load import Load
from processors.registry import Registry
from processors.routes import messages
from processors.sites import Sites
from processors.vehicles import Vehicles

START_MS = 1_000_000_000
METER_EVERY_S = 15
VOLTAGE_MV = 230_000
ZONE = "9qh1u"
PROCESSORS = {processor.name: processor for processor in (Registry(), Vehicles(), Sites(), Load())}


class Town:
    """`tell` gives an input from outside; `run` lets seconds pass. `recorded` are all events, `given` all inputs."""

    def __init__(self, *, limit_a: int, reserve_a: int = 0, charger_ids: tuple[str, ...], site_id: str = "s") -> None:
        self.site_id = site_id
        self.sites, self.load = f"sites:{site_id}", f"load:{site_id}"
        self.now_ms = START_MS
        self.count = 0
        self.states: dict[str, StreamState] = {}
        self.given: list[Record] = []
        self.recorded: list[Record] = []
        root = registry.NodeSpec(id="root", parent=None, kind="site", limit_w=limit_a * 230)
        self.message(
            f"registry:site:{site_id}",
            registry.SiteRegistered(
                site_id=site_id, location_zone=ZONE, firm_w=20 * 230, nodes=(root,), priority_reserve_w=reserve_a * 230
            ),
        )
        for charger_id in charger_ids:
            self._add_charger(charger_id)
        for charger_id in charger_ids:
            self._prove(charger_id)

    # The host's part

    def tell(self, stream: str, payload: Payload) -> list[Record]:
        self.count += 1
        given = input_record(f"{self.site_id}-{self.count}", "/test", stream, self.now_ms, payload, actor="t")
        self.given.append(given)
        return self._step(given)

    def message(self, stream: str, payload: Payload) -> None:
        """What the registry decided, to everybody who hears of it."""
        self.count += 1
        decided = input_record(f"{self.site_id}-{self.count}", "/registry", stream, self.now_ms, payload, actor="t")
        for _, message in messages(decided):
            self.given.append(message)
            self._step(message)

    def _step(self, given: Record) -> list[Record]:
        processor = PROCESSORS[given.stream.partition(":")[0]]
        state = self.states.get(given.stream) or fresh(processor, given.stream)
        done = step(processor, state, given, "b")
        self.states[given.stream] = done.after
        self.recorded += done.events
        told = list(done.events)
        for event in done.events:
            for _, message in messages(event):
                told += self._step(message)
        return told

    def run(self, seconds: int) -> None:
        """Second by second: timers, answers, meters; and no limit may be exceeded by what is counted."""
        for _ in range(seconds):
            self.now_ms += 1000
            due = sorted(
                (due_ms, stream, name)
                for stream, state in self.states.items()
                for name, due_ms in state.timers.items()
                if due_ms <= self.now_ms
            )
            for due_ms, stream, name in due:
                self.tell(stream, TimerDue(name=name, due_ms=due_ms))
            self._answer()
            if self.now_ms // 1000 % METER_EVERY_S == 0:
                self.meter_all()
            assert self.exceeded() == ()

    # The chargers' part

    @property
    def ledger(self):
        return self.states[self.load].state

    def lease_ma(self, charger_id: str) -> int:
        lease = self.ledger.chargers[charger_id].lease
        return 0 if lease is None else lease.limit_ma

    def exceeded(self) -> tuple[str, ...]:
        meters = self.states[self.load].observations
        loads = [(one.outlet, counted_ma(one, meters.of.get(one.id), self.now_ms)) for one in self._chargers()]
        return Headroom(limits(self.ledger, self.now_ms), loads).exceeded()

    def _chargers(self):
        return list(self.ledger.chargers.values())

    def _answer(self) -> None:
        """Everything that a charger was asked to keep is accepted."""
        for charger in self._chargers():
            for purpose, wish in (("failsafe", charger.floor), ("lease", charger.lease)):
                if wish is not None and wish.ask.accepted_ms is None:
                    answer = observations.ProfileAnswer(
                        charger_id=charger.id, purpose=purpose, generation=wish.ask.generation, status="accepted"
                    )
                    self.tell(self.load, answer)

    def meter_all(self) -> None:
        for charger in self._chargers():
            if charger.transactions:
                self.meter(charger.id, self.lease_ma(charger.id))

    def meter(self, charger_id: str, current_ma: int) -> None:
        metered = observations.Metered(
            charger_id=charger_id,
            connector_id=1,
            transaction_id=self.ledger.chargers[charger_id].transactions[-1].id,
            charger_time_ms=self.now_ms,
            current_ma=(current_ma, 0, 0),
            power_w=None,
            energy_wh=None,
            fresh=True,
        )
        self.tell(self.load, metered)
        self.tell(self.sites, metered)

    def _add_charger(self, charger_id: str) -> None:
        described = registry.ChargerRegistered(
            charger_id=charger_id,
            site_id=self.site_id,
            node="root",
            phases=(0,),
            max_ma=32_000,
            min_ma=6_000,
            voltage_mv=VOLTAGE_MV,
        )
        self.message(f"registry:charger:{charger_id}", described)
        self.tell(self.load, observations.Connected(charger_id=charger_id, connection_id="x", subprotocol="ocpp1.6"))
        self.status(charger_id, "Available")
        self._answer()

    def status(self, charger_id: str, status: str) -> None:
        said = observations.Status(
            charger_id=charger_id, connector_id=1, status=status, error_code="NoError", charger_time_ms=self.now_ms
        )
        self.tell(self.load, said)

    def _prove(self, charger_id: str) -> None:
        """It shows on a small test load that it obeys."""
        until_ms = self.now_ms + 600_000
        commission = load.CommissionCharger(charger_id=charger_id, test_load_ma=10_000, expires_ms=until_ms)
        self.tell(self.load, commission)
        self.plug_in(charger_id, None)
        self.run(10)
        for _ in range(60):
            if self.ledger.chargers[charger_id].proven:
                break
            self.meter(charger_id, min(self.lease_ma(charger_id), 10_000))
            self.run(5)
        assert self.ledger.chargers[charger_id].proven
        self.unplug(charger_id)
        self.run(60)

    # The drivers' part

    def plug_in(self, charger_id: str, vehicle_id: str | None) -> None:
        asked = observations.Authorize(charger_id=charger_id, token_ref="t", vehicle_id=vehicle_id)
        self.tell(self.sites, asked)
        for _ in range(60):
            charger = self.ledger.chargers[charger_id]
            if charger.waiting is None:
                break
            self.run(1)
        started = observations.TransactionStart(
            charger_id=charger_id,
            connector_id=1,
            token_ref="t",
            vehicle_id=vehicle_id,
            meter_start_wh=0,
            charger_time_ms=self.now_ms,
        )
        self.tell(self.load, started)

    def unplug(self, charger_id: str) -> None:
        stopped = observations.TransactionStop(
            charger_id=charger_id,
            transaction_id=self.ledger.chargers[charger_id].transactions[-1].id,
            meter_stop_wh=1,
            charger_time_ms=self.now_ms,
            reason="EVDisconnected",
        )
        self.tell(self.load, stopped)

    def vehicle(self, vehicle_id: str, **described) -> None:
        told = {"battery_wh": 60_000, "max_ma": 32_000, "phases": 1, **described}
        self.message(f"registry:vehicle:{vehicle_id}", registry.VehicleRegistered(vehicle_id=vehicle_id, **told))

    def request(self, vehicle_id: str) -> None:
        asked = vehicles.RequestSession(
            session_id=f"s-{vehicle_id}",
            vehicle_id=vehicle_id,
            site_id=self.site_id,
            target_permille=900,
            level_permille=200,
            depart_ms=self.now_ms + 8 * 3_600_000,
            site_zone=ZONE,
        )
        self.tell(f"vehicles:{vehicle_id}", asked)

    def charge(self, vehicle_id: str) -> str:
        """Ask, and plug in where a charger is held: its id."""
        self.request(vehicle_id)
        session = self.states[self.sites].state.session_of(vehicle_id)
        self.plug_in(session.charger_id, vehicle_id)
        return session.charger_id

    def on_mission(self, vehicle_id: str, enterprise_id: str) -> None:
        reading = Reading(
            vehicle_id=vehicle_id,
            source="integration",
            enterprise_id=enterprise_id,
            observed_ms=self.now_ms,
            mission_active=True,
            location_zone=ZONE,
        )
        self.tell(f"vehicles:{vehicle_id}", reading)
