"""What is physically true of an outlet: its wires, its electronics, the car, and the amperes on each phase.

Nothing here knows the rules. A charger carries no more than the profiles that it holds allow, in a way of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.ocpp.v16.times import time_ms

VOLTAGE_V = 230
LEAST_MA = 6_000
"""The lowest pilot of IEC 61851-1: below it no car charges."""


@dataclass(frozen=True)
class Car:
    """It draws alike on the `conductors` of the plug that it uses, and follows a lower pilot within `follows_ms`."""

    conductors: tuple[int, ...]
    wants_ma: int
    follows_ms: int = 5_000


@dataclass(frozen=True)
class Electronics:
    """How a charger turns W into a pilot current.

    `divides` by its "phases", by those that the car "uses", or puts all on the "first"; below `one_phase_below_w` it
    switches to one phase, and puts all on that. `unit`: what it takes at all.
    """

    unit: str = "A"
    divides: str = "phases"
    one_phase_below_w: int = 0

    def pilot(self, limit: float, unit: str, phases: int, conductors: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """The pilot (mA), and the conductors that are live, of those that the car uses."""
        if unit == "A":
            return round(limit * 1000), conductors
        whole_ma = int(limit * 1000 / VOLTAGE_V)
        if self.divides == "first" or limit < self.one_phase_below_w:
            return whole_ma, conductors[:1]
        return whole_ma // (phases if self.divides == "phases" else len(conductors)), conductors


@dataclass(frozen=True)
class Profile:
    """A charging profile that the charger holds. `start_ms` is by its own clock; None: with the transaction."""

    purpose: str
    stack_level: int
    connector: int
    transaction_id: int | None
    unit: str
    periods: tuple[tuple[int, float], ...]
    start_ms: int | None
    duration_ms: int | None

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Profile:
        """From the payload of SetChargingProfile."""
        profile = payload["csChargingProfiles"]
        schedule = profile["chargingSchedule"]
        start, duration = schedule.get("startSchedule"), schedule.get("duration")
        return cls(
            purpose=profile["chargingProfilePurpose"],
            stack_level=profile["stackLevel"],
            connector=payload["connectorId"],
            transaction_id=profile.get("transactionId"),
            unit=schedule["chargingRateUnit"],
            periods=tuple((one["startPeriod"] * 1000, one["limit"]) for one in schedule["chargingSchedulePeriod"]),
            start_ms=None if start is None else time_ms(start),
            duration_ms=None if duration is None else duration * 1000,
        )

    @property
    def place(self) -> tuple[str, int, int]:
        return self.purpose, self.stack_level, self.connector

    def limit_at(self, own_ms: int, begun_ms: int) -> float | None:
        """What it allows at a moment of the charger's clock; None: it is not in force."""
        elapsed_ms = max(0, own_ms - begun_ms) if self.start_ms is None else own_ms - self.start_ms
        if elapsed_ms < 0 or (self.duration_ms is not None and elapsed_ms >= self.duration_ms):
            return None
        return [limit for start_ms, limit in self.periods if start_ms <= elapsed_ms][-1]

    def changes_at(self, begun_ms: int) -> list[int]:
        """The moments of the charger's clock at which it allows something else."""
        start_ms = begun_ms if self.start_ms is None else self.start_ms
        ends = [] if self.duration_ms is None else [start_ms + self.duration_ms]
        return [start_ms, *(start_ms + period_ms for period_ms, _ in self.periods), *ends]


@dataclass(eq=False)
class Transaction:
    """`id`: as the charger knows it; None: its start is not answered."""

    begun_ms: int
    own_begun_ms: int
    meter_start_wh: int
    id: int | None = None
    ended: bool = False


@dataclass(eq=False)
class OutletHardware:
    """A connector. `wires` are the site's phases that its conductors are wired to; `held`: pilots of the last seconds.

    `powered` is of its charger; without a profile in force it gives all that it is built for.
    """

    number: int
    wires: tuple[int, ...]
    max_ma: int
    car: Car | None = None
    transaction: Transaction | None = None
    powered: bool = True
    register_wh: float = 1_000.0
    conductors: tuple[int, ...] = ()
    drawn_ma: int = 0
    held: list[tuple[int, int]] = field(default_factory=list)

    def currents(self) -> tuple[int, int, int]:
        """mA on the site's phases."""
        of_phase = [0, 0, 0]
        for conductor in self.conductors:
            of_phase[self.wires[conductor]] = self.drawn_ma
        return of_phase[0], of_phase[1], of_phase[2]

    def power_w(self) -> float:
        return self.drawn_ma * len(self.conductors) * VOLTAGE_V / 1000

    def used_by_car(self) -> tuple[int, ...]:
        if self.car is None:
            return ()
        return tuple(one for one in self.car.conductors if one < len(self.wires)) or (0,)

    def draw(self, now_ms: int, pilot_ma: int, conductors: tuple[int, ...]) -> int | None:
        """Carry what the pilot allows and the car wants. The next moment at which that changes by itself, if any."""
        if self.transaction is None or not self.powered or self.car is None:
            self.held, self.drawn_ma, self.conductors = [], 0, ()
            return None
        if conductors != self.conductors:
            self.held, self.conductors = [], conductors  # it pauses before it switches
        pilot_ma = min(pilot_ma, self.max_ma)
        if not self.held or self.held[-1][1] != pilot_ma:
            self.held.append((now_ms, pilot_ma))
        # A pilot is left behind `follows_ms` after the one that replaced it.
        while len(self.held) > 1 and self.held[1][0] + self.car.follows_ms <= now_ms:
            self.held.pop(0)
        highest_ma = max(ma for _, ma in self.held)
        self.drawn_ma = min(self.car.wants_ma, highest_ma) if highest_ma >= LEAST_MA else 0
        return self.held[1][0] + self.car.follows_ms if len(self.held) > 1 else None
