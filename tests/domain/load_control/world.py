"""A seeded site in virtual time: chargers of all characters, a network that loses and delays, a planner that guesses.

Each second the truth is held against the ledger. Randomness comes from one seed, so a failing seed is a bug report.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from domain.electrical.grid import Outlet
from domain.load_control.caps import with_root_limit
from domain.load_control.desired import Desired, DesiredLease
from domain.load_control.headroom import Headroom
from domain.load_control.make_before_break import RAISE_RULE
from domain.load_control.parameters import tolerance_ma
from domain.records import load, observations, registry, sites
from tests.stories.kernel import LOAD, Kernel, watts

S = 1000
NODES = (
    registry.NodeSpec(id="p1", parent="root", kind="panel", limit_ma=(63_000, 63_000, 63_000)),
    registry.NodeSpec(id="p2", parent="root", kind="panel", limit_ma=(50_000, 50_000, 40_000)),
)


@dataclass
class Car:
    """A charger with what is plugged into it. `obeys_from`: it follows a lower limit so much later."""

    id: str
    outlet: Outlet
    non_compliant: bool
    drops: bool
    boots: bool
    answer_s: int
    follow_s: int
    clock_ms: int
    """How far its clock is ahead of ours."""
    reports: str = "current"
    """What its meter values hold: currents, or only the power, or only the energy register."""
    phases: int = 1
    """How many phases its present car uses."""
    register_wh: float = 0.0
    up: bool = False
    connection_id: str = ""
    failsafe_ma: int | None = None
    lease: DesiredLease | None = None
    lease_from_ms: int = 0
    lease_until_ms: int = 0
    """When the lease begins and ends, by the charger's clock."""
    transaction_id: str | None = None
    charging: bool = False
    demand_ma: int = 0
    drawn_ma: int = 0
    allowed: list[tuple[int, int]] = field(default_factory=list)
    sent: set[int] = field(default_factory=set)
    busy: bool = False
    told: list[observations.TransactionStart | None] = field(default_factory=list)
    """Starts, and stops (None), that the kernel has not been told of."""
    permit: load.TransactionPermitted | None = None
    offline_since_ms: int | None = None
    wants: Desired | None = None

    def limit_ma(self, now_ms: int) -> int:
        """What a compliant charger allows now."""
        most_ma = self.outlet.max_ma
        if self.non_compliant:
            return most_ma
        lease = self.lease
        in_force = self.lease_from_ms <= now_ms + self.clock_ms < self.lease_until_ms
        if lease and lease.transaction_id == self.transaction_id and in_force:
            return min(most_ma, lease.limit_ma)
        return most_ma if self.failsafe_ma is None else min(most_ma, self.failsafe_ma)

    def power_w(self) -> int:
        return self.drawn_ma * self.phases * self.outlet.voltage_mv // 1_000_000

    def draw(self, now_ms: int) -> None:
        """The car takes more at once and follows a lower limit `follow_s` later."""
        limit_ma = self.limit_ma(now_ms) if self.charging else 0
        self.allowed = [one for one in self.allowed if one[0] > now_ms - self.follow_s * S] + [(now_ms, limit_ma)]
        held_ma = max(ma for _, ma in self.allowed) if self.charging else 0
        self.drawn_ma = min(self.demand_ma, held_ma)
        if self.drawn_ma < 6_000 and self.drawn_ma < self.demand_ma:
            self.drawn_ma = 0


class World:
    """Steps of one second. `outages` and `caps` switch these on; `loss` is the share of lost messages."""

    def __init__(self, seed: int, *, loss: float = 0.03, outages: bool = True, caps: bool = False) -> None:
        self.random = random.Random(seed)
        self.loss, self.outages, self.caps = loss, outages, caps
        self.kernel = Kernel()
        self.queue: list[tuple[int, int, object]] = []
        self.order = 0
        self.limit_a = self.random.choice((60, 90, 130))
        self.firm_a = self.random.choice((0, 20, 40))
        self.kernel.site(limit_a=self.limit_a, firm_a=self.firm_a, nodes=NODES)
        self.cars: dict[str, Car] = {}
        self.promised: list[load.GridLimitSet] = []
        self.quiet_until_ms = 0
        self.raises = 0
        for index in range(self.random.randint(3, 10)):
            self._add(f"c{index}")
        self.seen_events = 0

    def _add(self, charger_id: str) -> None:
        choose = self.random
        phases = choose.choice(((0,), (1,), (2,), (0, 1, 2)))
        node = choose.choice(("p1", "p2", "root"))
        self.kernel.add(charger_id, node=node, max_a=choose.choice((16, 32)), phases=phases)
        self.cars[charger_id] = Car(
            id=charger_id,
            outlet=self.kernel.charger(charger_id).outlet,
            non_compliant=choose.random() < 0.1,
            drops=choose.random() < 0.3,
            boots=choose.random() < 0.5,
            answer_s=choose.choice((0, 0, 1, 3)),
            follow_s=choose.randint(0, 4),
            clock_ms=choose.choice((choose.randint(-30, 30), choose.randint(-30, 30), 7_200, -600)) * S,
            reports=choose.choice(("current", "current", "power", "energy")),
        )

    # Time

    def later(self, wait_s: float, action: object) -> None:
        self.order += 1
        self.queue.append((self.kernel.now_ms + round(wait_s * S), self.order, action))

    def run(self, seconds: int) -> World:
        for _ in range(seconds):
            self._second()
        return self

    def _second(self) -> None:
        kernel = self.kernel
        until_ms = kernel.now_ms + S
        kernel.run_until(until_ms)
        self._react()
        due = sorted((entry for entry in self.queue if entry[0] <= until_ms), key=lambda entry: entry[:2])
        self.queue = [entry for entry in self.queue if entry[0] > until_ms]
        for _, _, action in due:
            action()  # type: ignore[operator]
            self._react()
        self._happen()
        for car in self.cars.values():
            car.draw(kernel.now_ms)
            car.register_wh += car.power_w() / 3600
        self.check()

    # The gateway

    def _give(self, data: object) -> None:
        raised = [
            event
            for event in self.kernel.when(data)  # type: ignore[arg-type]
            if isinstance(event, load.LimitDesired) and event.rule == RAISE_RULE
        ]
        if raised:
            self.raises += len(raised)
            self._check_room({event.charger_id for event in raised})
        self._react()

    def _react(self) -> None:
        """Hand what the kernel decided to whom it concerns."""
        ledger = self.kernel.ledger
        while self.seen_events < len(self.kernel.recorded):
            event = self.kernel.recorded[self.seen_events].data
            self.seen_events += 1
            for row in LOAD.desired(ledger, event):
                self.cars[row.charger_id].wants = row
            match event:
                case load.TransactionPermitted():
                    self._permit(self.cars[event.charger_id], event)
                case load.TransactionStarted():
                    self.cars[event.charger_id].transaction_id = event.transaction_id
                case load.CommandRequested(action="trigger"):
                    asked = self.cars[event.charger_id]
                    self._deliver(asked, lambda car=asked: self._meter(car, requested=True))
                case load.CommandRequested(action="remote_stop"):
                    self._deliver(self.cars[event.charger_id], lambda car=self.cars[event.charger_id]: self._stop(car))
        for car in self.cars.values():
            self._reconcile(car)

    def _permit(self, car: Car, permit: load.TransactionPermitted) -> None:
        """The driver plugs in within the minute; what was accepted in order to stop does stop."""
        car.permit = permit
        if permit.expires_ms > self.kernel.now_ms:
            self.later(self.random.randint(0, 55), lambda: self._plug(car, permit))

    def _deliver(self, car: Car, action: object) -> None:
        if self.random.random() >= self.loss:
            self.later(self.random.random() * 2, lambda: action() if car.up else None)  # type: ignore[operator]

    def _reconcile(self, car: Car) -> None:
        """One CALL at a time, the fail-safe limit first, each generation once unless its answer was lost."""
        want = car.wants
        if want is None or not car.up or car.busy:
            return
        if want.floor is not None and want.floor.generation not in car.sent:
            self._send(car, "failsafe", want.floor.generation, want)
        elif want.lease is not None and want.lease.generation not in car.sent:
            self._send(car, "lease", want.lease.generation, want)

    def _send(self, car: Car, purpose: str, generation: int, want: Desired) -> None:
        car.busy = True
        car.sent.add(generation)
        connection_id = car.connection_id
        lost, unanswered = self.random.random() < self.loss, self.random.random() < self.loss

        def answered(status: str) -> None:
            if car.connection_id == connection_id:
                car.busy = False
                self._give(
                    observations.ProfileAnswer(charger_id=car.id, purpose=purpose, generation=generation, status=status)
                )

        def arrives() -> None:
            if not car.up or car.connection_id != connection_id:
                return
            status = "accepted"
            if purpose == "failsafe" and want.floor is not None:
                car.failsafe_ma = want.floor.limit_ma
            elif want.lease is not None and want.lease.transaction_id == car.transaction_id:
                car.lease = want.lease
                car.lease_from_ms = self.kernel.now_ms - want.clock_offset_ms
                car.lease_until_ms = car.lease_from_ms + want.lease.valid_until_ms - self.kernel.now_ms
            else:
                status = "rejected"
            if unanswered:
                self.later(30, lambda: answered("timeout"))
            else:
                answered(status)

        if lost:
            self.later(30, lambda: answered("timeout"))
        else:
            self.later(car.answer_s + self.random.random(), arrives)

    # What chargers and drivers do

    def _happen(self) -> None:
        choose = self.random
        for car in self.cars.values():
            if not car.up:
                self._maybe_return(car)
            elif self.outages and self._may_fail() and choose.random() < 1 / 400:
                self._lose(car)
            if choose.random() < 1 / 2_000:
                car.clock_ms = choose.choice((0, 0, 3_600, -600)) * S
            if car.charging:
                self._charge_on(car)
            elif car.up and choose.random() < 1 / 120:
                self._give(
                    sites.StartRequested(
                        charger_id=car.id, request_id=f"r{self.kernel.now_ms}", vehicle_id=None, token_ref="t"
                    )
                )
        if choose.random() < 1 / 20:
            self._plan()
        if self.caps and choose.random() < 1 / 240:
            self._cap()

    def _charge_on(self, car: Car) -> None:
        choose = self.random
        if car.up and (self.kernel.now_ms // S + int(car.id[1:]) * 3) % 30 == 0:
            self._deliver(car, lambda: self._meter(car))
        if choose.random() < 1 / 200:
            car.demand_ma = choose.choice((0, 7_000, 12_000, 20_000, 32_000))
        if choose.random() < 1 / 900:
            self._stop(car)

    def _plug(self, car: Car, permit: load.TransactionPermitted) -> None:
        """The newest permit lets the charger start once."""
        if car.permit is permit and car.up and not car.charging:
            car.permit = None
            self._begin(car, self.random.choice((0, 1, 40)))

    def _begin(self, car: Car, delay_s: int = 1) -> None:
        car.charging, car.transaction_id, car.lease = True, None, None
        car.demand_ma = self.random.choice((7_000, 16_000, 32_000, 32_000))
        car.phases = self.random.choice((1, len(car.outlet.phases)))
        start = observations.TransactionStart(
            charger_id=car.id,
            evse_id=1,
            token_ref="t",
            vehicle_id=None,
            meter_start_wh=int(car.register_wh),
            charger_time_ms=self.kernel.now_ms,
        )
        car.told.append(start)
        self.later(delay_s, lambda: self._tell(car))

    def _stop(self, car: Car) -> None:
        if car.charging:
            car.charging, car.lease = False, None
            car.told.append(None)
            self.later(0, lambda: self._tell(car))

    def _tell(self, car: Car) -> None:
        """Starts and stops in their order, whenever connected; now and then twice, as if the answer had been lost."""
        while car.told and car.up:
            told = car.told.pop(0)
            message = self._stop_message(car) if told is None else told
            for _ in range(self.random.choice((1, 1, 1, 2))):
                self._give(message)
            if told is None:
                car.transaction_id = None

    def _stop_message(self, car: Car) -> observations.TransactionStop:
        return observations.TransactionStop(
            charger_id=car.id,
            transaction_id=car.transaction_id or "",
            meter_stop_wh=int(car.register_wh),
            charger_time_ms=self.kernel.now_ms,
            reason="local",
        )

    def _meter(self, car: Car, *, requested: bool = False) -> None:
        off = abs(car.clock_ms) > 300 * S
        reading_ma = max(0, car.drawn_ma + self.random.randint(-100, 100)) if car.drawn_ma else 0
        currents = tuple(reading_ma if phase < car.phases else 0 for phase in range(3))
        power_w = reading_ma * car.phases * car.outlet.voltage_mv // 1_000_000
        self._give(
            observations.Metered(
                charger_id=car.id,
                evse_id=1,
                transaction_id=car.transaction_id,
                charger_time_ms=self.kernel.now_ms + car.clock_ms,
                current_ma=currents if car.reports == "current" else None,
                power_w=power_w if car.reports == "power" else None,
                energy_wh=None if car.reports == "power" else int(car.register_wh),
                fresh=not off,
                stale_by_clock=off,
                requested=requested,
            )
        )

    # Outages

    def _may_fail(self) -> bool:
        return self.kernel.now_ms >= self.quiet_until_ms

    def _lose(self, car: Car) -> None:
        car.up, car.busy, car.offline_since_ms = False, False, None
        if car.drops:
            car.lease = None
        connection_id = car.connection_id

        def noticed() -> None:
            if car.connection_id == connection_id:
                car.offline_since_ms = self.kernel.now_ms
            self._give(observations.Disconnected(charger_id=car.id, connection_id=connection_id, reason="lost"))

        self.later(self.random.choice((0, 5, 25)), noticed)

    def _maybe_return(self, car: Car) -> None:
        choose = self.random
        offline_ms = 0 if car.offline_since_ms is None else self.kernel.now_ms - car.offline_since_ms
        if (
            not car.non_compliant
            and car.failsafe_ma is not None
            and not car.charging
            and self.kernel.ledger.over_since_ms is None  # else nobody can make room any more: the kernel has alarmed
            and offline_ms > 60 * S
            and choose.random() < 1 / 100
        ):
            self._begin(car)  # by offline authorization
        if choose.random() > (1 / 60 if choose.random() < 0.7 else 1 / 900):
            return
        car.up, car.busy, car.offline_since_ms = True, False, None
        car.sent = set()
        car.connection_id = f"{car.id}-{self.kernel.now_ms}"
        self._give(observations.Connected(charger_id=car.id, connection_id=car.connection_id, subprotocol="ocpp1.6"))
        if car.boots:
            self._give(observations.Booted(charger_id=car.id, vendor="v", model="m", firmware="1"))
        self.later(1, lambda: self._tell(car))

    # The planner and the utility

    def _plan(self) -> None:
        choose = self.random
        some = [car for car in self.cars.values() if car.charging and choose.random() < 0.7]
        choose.shuffle(some)
        targets = tuple(
            sites.Target(charger_id=car.id, target_ma=choose.choice((0, 6, 6, 9, 13, 16, 24, 32)) * S) for car in some
        )
        self._give(
            sites.ScheduleChanged(
                targets=targets,
                valid_until_ms=self.kernel.now_ms + choose.choice((60, 600)) * S,
                claimants=(),
                limits=(),
                fixed=(),
                rule="test.v1",
                reason="a guess",
            )
        )

    def _cap(self) -> None:
        """Outages that the kernel can't have foreseen are kept from the promise, so that it can be held to it."""
        if any(not car.up and car.offline_since_ms is None and car.connection_id for car in self.cars.values()):
            return
        limit_a = self.random.choice((0.5, 0.7, 1.0)) * self.limit_a
        limit_a = max(limit_a, self.firm_a)
        starts_s = self.random.choice((None, 20, 120))
        self._give(
            load.SetGridLimit(
                cap_id=self.random.choice(("a", "b")),
                limit_w=watts(limit_a),
                starts_ms=None if starts_s is None else self.kernel.now_ms + starts_s * S,
                ends_ms=self.kernel.now_ms + 600 * S if self.random.random() < 0.8 else None,
                reason_code="test",
            )
        )
        cap = next(event for event in reversed(self.kernel.events) if isinstance(event, load.GridLimitSet))
        self.promised = [one for one in self.promised if one.cap_id != cap.cap_id] + [cap]
        self.quiet_until_ms = max(self.quiet_until_ms, cap.holds_from_ms + S)

    # The truth against the ledger

    def _believed(self, car: Car) -> bool:
        """A liar that passed for proven, by chance, can't be held against the kernel."""
        return not (car.non_compliant and self.kernel.charger(car.id).verified)

    def check(self) -> None:
        kernel = self.kernel
        for car in self.cars.values():
            counted = kernel.counted(car.id)
            slack = tolerance_ma(counted)
            assert not self._believed(car) or car.drawn_ma <= counted + slack, (
                f"{car.id} draws {car.drawn_ma} mA and counts {counted} mA at {kernel.now_ms}"
            )
        self._check_nodes()

    def _check_nodes(self) -> None:
        kernel = self.kernel
        nodes = dict(kernel.ledger.nodes)
        held_w = [
            cap.limit_w
            for cap in self.promised
            if cap.guaranteed
            and cap.holds_from_ms <= kernel.now_ms
            and (cap.ends_ms is None or kernel.now_ms < cap.ends_ms)
        ]
        if held_w:
            nodes = with_root_limit(nodes, min(held_w))
        loads = [(car.outlet, car.drawn_ma) for car in self.cars.values() if self._believed(car)]
        exceeded = Headroom(nodes, loads).exceeded()
        assert not exceeded, f"{exceeded} at {kernel.now_ms}: {[(car.id, car.drawn_ma) for car in self.cars.values()]}"

    def _check_room(self, raised: set[str]) -> None:
        """What was raised just now fits, counted at the worst, on its phases at every node above it."""
        left = self.kernel.headroom()
        for charger_id in raised:
            outlet, counted = self.cars[charger_id].outlet, self.kernel.counted(charger_id)
            assert left.most_ma(outlet, counted) >= counted, f"{charger_id} was raised at {self.kernel.now_ms}"
