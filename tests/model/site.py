"""A site in virtual time: charge points, the lines to the platform, and the oracle that reads amperes, not records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from commands.ports.directory import ChargerIdentity
from domain.electrical.grid import ancestors
from domain.electrical.tree import nodes_of
from domain.records import load, registry
from domain.records.sites import ScheduleChanged, StartRequested, Target
from tests.model.charge_point import ChargePoint, Traits
from tests.model.clock import Agenda
from tests.model.hardware import VOLTAGE_V, Car, OutletHardware
from tests.model.platform import SITE, Platform, Session

DETECTION_MS = 75_000
"""The longest that a phase may be over its limit, while the line of the charger that did it is up."""
PHASES = ("L1", "L2", "L3")


@dataclass
class Spec:
    """A charger of the site: each of `connectors` is wired in this order."""

    id: str
    node: str
    connectors: tuple[tuple[int, ...], ...]
    max_ma: int
    traits: Traits
    clock_ms: int = 0


class Line:
    """The line of one socket. What is sent comes in its order, or is lost; `lose_*` and `double_*` count the next."""

    def __init__(self, site: ModelSite, charger: ChargePoint) -> None:
        self.site, self.charger = site, charger
        self.alive = True
        self.delay_ms = site.delays.get(charger.id, 50)
        self.lose_up = self.lose_down = self.double_up = self.double_down = 0
        self._up_ms = self._down_ms = 0

    def up(self, deliver: Callable[[], object]) -> None:
        if self.lose_up:
            self.lose_up -= 1
            return
        self._up_ms = max(self._up_ms, self.site.now_ms + self.delay_ms)
        self._schedule(self._up_ms, deliver, self.double_up)
        self.double_up = max(0, self.double_up - 1)

    def down(self, deliver: Callable[[], object]) -> None:
        if self.lose_down:
            self.lose_down -= 1
            return
        self._down_ms = max(self._down_ms, self.site.now_ms + self.delay_ms)
        self._schedule(self._down_ms, deliver, self.double_down)
        self.double_down = max(0, self.double_down - 1)

    def _schedule(self, at_ms: int, deliver: Callable[[], object], twice: int) -> None:
        for _ in range(2 if twice else 1):
            self.site.agenda.at(at_ms, lambda: deliver() if self.alive else None)

    def call_charger(self, job: Any, answered: Callable[[dict[str, Any]], object]) -> None:
        """A call arrives at the charger, and its answer goes back."""
        payload = self.charger.answer(job.action, job.payload)
        self.up(lambda: answered(payload))


class ModelSite:
    """Steps of any length; after each thing that happens the currents are read."""

    def __init__(
        self,
        specs: list[Spec],
        *,
        root_ma: tuple[int, int, int],
        panel_ma: tuple[int, int, int],
        firm_w: int,
        seed: int = 0,
    ) -> None:
        self.agenda = Agenda()
        self.random = Random(seed)
        self.delays: dict[str, int] = {}
        self.platform = Platform(self)
        self.kernel = self.platform.kernel
        nodes = (
            registry.NodeSpec(id="root", parent=None, kind="site", limit_ma=root_ma),
            registry.NodeSpec(id="p", parent="root", kind="panel", limit_ma=panel_ma),
        )
        self.nodes = nodes_of(nodes)
        self.platform.input(registry.SiteRegistered(site_id=SITE, location_zone="z", firm_w=firm_w, nodes=nodes))
        self.chargers: dict[str, ChargePoint] = {}
        self.identities: dict[str, ChargerIdentity] = {}
        self.outlets: dict[str, tuple[ChargePoint, OutletHardware]] = {}
        self.node_of: dict[str, tuple[str, ...]] = {}
        self.sockets = self.requests = 0
        self.over_since_ms: dict[tuple[str, int], int] = {}
        self.changed: set[str] = set()
        self.surprised_ms: dict[str, int] = {}
        self.unnoticed: set[str] = set()
        self.caps: dict[str, load.GridLimitSet] = {}
        self.capped_since_ms: int | None = None
        self.longest_over_ms = 0
        for spec in specs:
            self._add(spec)
        for charger in self.chargers.values():
            self.connect(charger, booted=True)
        self.run(5)

    def _add(self, spec: Spec) -> None:
        several = len(spec.connectors) > 1
        numbered = dict(enumerate(spec.connectors, 1))
        self.platform.input(
            registry.ChargerRegistered(
                charger_id=spec.id,
                site_id=SITE,
                node=spec.node,
                phases=spec.connectors[0],
                max_ma=spec.max_ma,
                min_ma=6_000,
                voltage_mv=VOLTAGE_V * 1000,
                connectors=tuple(
                    registry.ConnectorSpec(
                        connector_id=number, node=spec.node, phases=wires, max_ma=spec.max_ma, min_ma=6_000
                    )
                    for number, wires in numbered.items()
                )
                if several
                else (),
            )
        )
        connectors = numbered if several else {}
        identity = ChargerIdentity(spec.id, SITE, spec.connectors[0], VOLTAGE_V * 1000, connectors)
        outlets = [OutletHardware(number, wires, spec.max_ma) for number, wires in numbered.items()]
        charger = ChargePoint(spec.id, self, outlets, spec.traits, self.random, clock_ms=spec.clock_ms)
        self.chargers[spec.id], self.identities[spec.id] = charger, identity
        for outlet in outlets:
            name = identity.outlet_id(outlet.number)
            self.outlets[name] = (charger, outlet)
            self.node_of[name] = ancestors(self.nodes, spec.node)

    # Time

    @property
    def now_ms(self) -> int:
        return self.agenda.now_ms

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end_ms = self.now_ms + round(seconds * 1000)
        while True:
            due_ms, timer_ms = self.agenda.next_ms(), self.platform.next_timer_ms()
            next_ms = min((one for one in (due_ms, timer_ms) if one is not None), default=end_ms + 1)
            if next_ms > end_ms:
                break
            self._move(next_ms)
            if due_ms is not None and due_ms <= next_ms:
                self.agenda.take()()
            else:
                self.platform.run_timers()
            self.check()
        self._move(end_ms)
        self.check()

    def _move(self, to_ms: int) -> None:
        elapsed_ms = to_ms - self.now_ms
        if elapsed_ms <= 0:
            return
        for _, outlet in self.outlets.values():
            outlet.register_wh += outlet.power_w() * elapsed_ms / 3_600_000
        self.agenda.now_ms = to_ms

    # The line

    def connect(self, charger: ChargePoint, *, booted: bool = False) -> None:
        if charger.session is not None or not charger.powered:
            return
        self.sockets += 1
        line = Line(self, charger)
        self.unnoticed.discard(charger.id)
        charger.session = self.platform.open(self.identities[charger.id], line, f"{charger.id}-{self.sockets}")
        charger.connected(booted=booted)
        self.check()

    def cut(self, charger: ChargePoint, notice_s: float) -> None:
        """The line is cut; the gateway notices after a while."""
        session = self._lose(charger)
        if session is None:
            return
        self.unnoticed.add(charger.id)

        def noticed() -> None:
            if not session.over:
                session.end()
                self.platform.closed(session)
            if charger.session is None:
                self.unnoticed.discard(charger.id)

        self.agenda.after(round(notice_s * 1000), noticed)

    def _lose(self, charger: ChargePoint) -> Session | None:
        session, charger.session = charger.session, None
        if session is not None:
            session.line.alive = False
        return session

    def crash_gateway(self, down_s: float) -> None:
        """All lines are cut. What the log takes for open is given up by the next run."""
        lost = [session for charger in self.chargers.values() if (session := self._lose(charger)) is not None]
        self.platform.crash_gateway()
        self.unnoticed |= {session.charger.id for session in lost}

        def restart() -> None:
            for session in lost:
                session.over = True
                self.platform.closed(session)
                self.unnoticed.discard(session.charger.id)

        self.agenda.after(round(down_s * 1000), restart)
        for index, session in enumerate(lost):
            charger = self.chargers[session.charger.id]
            self.agenda.after(round(down_s * 1000) + 500 * (index + 1), lambda charger=charger: self.connect(charger))

    # Drivers and the planner

    def plan(self, amps: list[int]) -> None:
        """Targets of all outlets, in their order."""
        targets = tuple(
            Target(charger_id=name, target_ma=one * 1000) for name, one in zip(self.outlets, amps, strict=False)
        )
        self.platform.input(
            ScheduleChanged(
                targets=targets,
                valid_until_ms=self.now_ms + 3_600_000,
                claimants=(),
                limits=(),
                fixed=(),
                rule="test.v1",
                reason="a guess",
            )
        )

    def ask(self, name: str, car: Car, wait_s: float) -> None:
        """A car is plugged in and its card presented; with a permit the charger starts some seconds later."""
        charger, outlet = self.outlets[name]
        if outlet.car is not None:
            return
        if not charger.online:
            self._start_offline(name, car)
            return
        if self.platform.kernel_down:
            return
        self.requests += 1
        request_id = f"r{self.requests}"
        self.platform.permitted[request_id] = lambda: self.agenda.after(
            round(wait_s * 1000),
            lambda: charger.begin(outlet, car) if outlet.car is None and charger.powered else None,
        )
        self.platform.input(StartRequested(charger_id=name, request_id=request_id, vehicle_id="v", token_ref="t"))

    def _start_offline(self, name: str, car: Car) -> None:
        """By a card that it knows, once both sides know that the line is cut, and there is room for what may start."""
        charger, outlet = self.outlets[name]
        known = self.kernel.charger(name)
        is_known = charger.id not in self.unnoticed and not known.connected and not self.platform.kernel_down
        has_room = self.kernel.ledger.over_since_ms is None
        if is_known and has_room and charger.powered and known.failsafe.installed_ma is not None:
            charger.begin(outlet, car)

    # The truth

    def over(self) -> dict[tuple[str, int], str]:
        """Each node and phase that carries more than its limit."""
        loads: dict[str, list[int]] = {node: [0, 0, 0] for node in self.nodes}
        for name, (_, outlet) in self.outlets.items():
            currents = outlet.currents()
            for node in self.node_of[name]:
                for phase, current in enumerate(currents):
                    loads[node][phase] += current
        found = {}
        for node, load_ma in loads.items():
            limit_ma = self.nodes[node].limit_ma
            assert limit_ma is not None
            for phase in range(3):
                if load_ma[phase] > limit_ma[phase]:
                    found[node, phase] = f"{node} {PHASES[phase]} carries {load_ma[phase]} of {limit_ma[phase]} mA"
        return found

    def surprised(self, names: list[str]) -> bool:
        """Whether one of the outlets showed within the detection time that it had changed its ways."""
        latest = max((self.surprised_ms.get(name, -DETECTION_MS) for name in names), default=-DETECTION_MS)
        return self.now_ms <= latest + DETECTION_MS

    def check(self) -> None:
        """No phase is over its limit, but for the detection time after a charger showed that it changed its ways."""
        over = self.over()
        shown = [name for name in self.changed if self._exceeds(name) or self._is_below(name, over)]
        for name in shown:
            self.changed.remove(name)
            self.surprised_ms[name] = self.now_ms
        for (node, phase), what in over.items():
            since_ms = self.over_since_ms.setdefault((node, phase), self.now_ms)
            self.longest_over_ms = max(self.longest_over_ms, self.now_ms - since_ms)
            below = [name for name, nodes in self.node_of.items() if node in nodes]
            assert self.surprised(below), f"{what}: {self.describe()}"
        self.over_since_ms = {place: since for place, since in self.over_since_ms.items() if place in over}
        if not self.platform.kernel_down:
            self._check_counted()
            self._check_caps()

    def _check_counted(self) -> None:
        for name in self.outlets:
            assert not self._exceeds(name) or self.surprised([name]), f"{name} draws more: {self.describe()}"

    def _is_below(self, name: str, places: Iterable[tuple[str, int]]) -> bool:
        return any(node in self.node_of[name] for node, _ in places)

    def _exceeds(self, name: str) -> bool:
        """Whether it draws more than it is counted at."""
        return max(self.outlets[name][1].currents()) > self.kernel.counted(name) + 1

    def _check_caps(self) -> None:
        held = [
            cap.limit_w
            for cap in self.caps.values()
            if cap.holds_from_ms <= self.now_ms and (cap.ends_ms is None or self.now_ms < cap.ends_ms)
        ]
        power_w = sum(outlet.power_w() for _, outlet in self.outlets.values())
        surprised = self.surprised(list(self.outlets))
        assert not held or power_w <= min(held) + 1 or surprised, f"{power_w} W of {min(held)} W: {self.describe()}"

    def describe(self) -> str:
        """Each outlet as it is, for people."""
        lines = []
        for name, (charger, outlet) in self.outlets.items():
            known = self.kernel.charger(name)
            lease = known.lease and f"{known.lease.limit_ma} mA (accepted {known.lease.ask.accepted_ms})"
            lines.append(
                f"{name}: {outlet.currents()} mA, counts {self.kernel.counted(name)} mA, lease {lease}, possible "
                f"{known.possible}, fail-safe {known.failsafe.installed_ma} mA, verified {known.verified}, W "
                f"{known.in_watts}, divides from {known.divides_from_ma} mA, online {charger.online}, "
                f"{outlet.car}, {charger.traits.electronics}"
            )
        return f"at {self.now_ms}\n  " + "\n  ".join(lines)
