"""The connector of a charge point: its plug, its contactor, and the current that charging profiles let through."""

from __future__ import annotations

from collections.abc import Callable

from simulators.charger.battery import MIN_PILOT_A, Car
from simulators.charger.clock import Clock
from simulators.charger.frames import Payload
from simulators.charger.link import Transaction
from simulators.charger.personality import Personality
from simulators.charger.profiles import ProfileStore
from simulators.time.virtual_time import VirtualTime

_FAR_MS = 10**15
HOUR_MS = 3_600_000


class Connector:
    """Current flows while a car is plugged in and a transaction runs, up to the limit of the profiles and the hardware.

    Currents and limits are in A per phase, instants in ms since 1970 UTC. Profiles hold by the charge point's clock.
    """

    def __init__(
        self,
        time: VirtualTime,
        clock: Clock,
        character: Personality,
        profiles: ProfileStore,
        number: int,
        *,
        phases: int,
        voltage_v: float,
        max_a: float,
    ) -> None:
        self.number = number
        """Its connector id."""
        self.phases = phases
        self.voltage_v = voltage_v
        self.max_a = max_a
        self.car: Car | None = None
        self.transaction: Transaction | None = None
        self.register_wh = character.lifetime_wh
        """The energy of its lifetime."""
        self.powered_ms: int | None = None
        """When current first flowed to this car."""
        self.before_change: Callable[[], None] = lambda: None
        """Called before its current changes and before its meter is read: what has flowed has to be charged first."""
        self._time = time
        self._clock = clock
        self._character = character
        self._profiles = profiles
        self._limit: tuple[int, int, float] | None = None
        """What the profiles allow, remembered: (their version, until when it holds, the limit)."""
        self._counts_from_wh = 0.0
        self._has_given = False
        self._refuses = False
        self._was_stopped = False

    def status(self) -> str:
        """The OCPP status of this instant."""
        if self.car is None:
            return "Available"
        if self.transaction is None:
            return "Finishing" if self._was_stopped else "Preparing"
        if self.car.full or self._refuses:
            return "SuspendedEV"
        return "Charging" if self.car.pilot_a else "SuspendedEVSE"

    @property
    def reading_wh(self) -> float:
        """The energy that its meter shows: of its lifetime, or of this transaction."""
        self.before_change()
        return self.register_wh - self._counts_from_wh

    # The plug and the contactor

    def plug(self, car: Car) -> None:
        """Plug a car in."""
        self.before_change()
        self.car = car
        self.powered_ms = None
        self._was_stopped = False

    def unplug(self) -> None:
        self.before_change()
        self.car = None

    def begin(self, token: str) -> Transaction:
        """Begin a transaction: the contactor closes."""
        self.before_change()
        self.transaction = Transaction(token, self._clock.now_ms, round(self.register_wh))
        self._has_given = self._refuses = False
        self._profiles.begin(self.number)
        if self._character.session_register:
            self._counts_from_wh = self.register_wh
        return self.transaction

    def end(self) -> None:
        """End the transaction: the contactor opens, and its profiles are gone."""
        self.before_change()
        self.transaction = None
        self._was_stopped = True
        if self.car is not None:
            self.car.cut(self._time.now_ms)
        self._profiles.end(self.number)

    # The current

    @property
    def is_live(self) -> bool:
        """Whether current may flow."""
        return self.car is not None and self.transaction is not None

    @property
    def state(self) -> tuple[int, Car | None, Transaction | None]:
        """Unchanged, its current goes on as `steady_until_ms` says."""
        return self._profiles.version, self.car, self.transaction

    def limit_a(self) -> float:
        """The limit of this instant: that of the profiles, and of the hardware where they set none."""
        version = self._profiles.version
        if self._limit is None or version != self._limit[0] or self._time.now_ms >= self._limit[1]:
            asked = self.number, self._clock.now_ms, self._started_ms()
            limit_a = self._allowed_a(*asked)
            change_ms = self._profiles.next_change_ms(*asked)
            until_ms = _FAR_MS if change_ms is None else change_ms - self._clock.ahead_ms
            if self._character.ignores_every_hours:
                until_ms = min(until_ms, self._time.now_ms // HOUR_MS * HOUR_MS + HOUR_MS)
            self._limit = version, until_ms, limit_a
        return self._limit[2]

    def _allowed_a(self, connector: int, now_ms: int, transaction_start_ms: int | None) -> float:
        character = self._character
        profile_a = self._profiles.limit_a(connector, now_ms, transaction_start_ms)
        if profile_a is None or not character.applies_profiles or self._ignores():
            return self.max_a
        if character.rate_units == ("W",) and not character.divides_watts and self.car is not None:
            profile_a *= self.phases / min(self.car.phases, self.phases)
        return min(self.max_a, profile_a)

    def _ignores(self) -> bool:
        """Whether it takes its limits in this hour and does not apply them."""
        hours = self._character.ignores_every_hours
        return hours > 0 and self._time.now_ms // HOUR_MS % hours == hours - 1

    def current_a(self) -> float:
        """The current that flows at this instant."""
        return self.car.current_a(self._time.now_ms) if self.car and self.transaction else 0.0

    def currents_a(self) -> tuple[float, ...]:
        """The current that flows on each of its phases: a car uses the first ones."""
        used = 0 if self.car is None else min(self.car.phases, self.phases)
        return (self.current_a(),) * used + (0.0,) * (self.phases - used)

    def steady_until_ms(self) -> int:
        """Until when the current stays as it is, left alone; now where it is changing."""
        if self.car is None or self.transaction is None:
            return _FAR_MS
        self.limit_a()
        assert self._limit is not None
        return min(self._limit[1], self.car.steady_until_ms(self._time.now_ms))

    def steer(self) -> None:
        """Give the car the pilot of this instant."""
        if self.car and self.transaction:
            pilot_a = self.limit_a()
            if self._refuses or pilot_a < MIN_PILOT_A:
                pilot_a = 0.0
                self._refuses = self._has_given and not self._character.resumes_from_zero
            self._has_given = self._has_given or pilot_a > 0
            if pilot_a != self.car.pilot_a:
                self.before_change()
            self.car.follow(pilot_a, self._time.now_ms)

    def charge(self, from_ms: int, to_ms: int) -> None:
        """Let the current of this stretch of time into the battery and the meter."""
        if self.car and self.transaction:
            charged_wh = self.car.charge(from_ms, to_ms)
            self.register_wh += charged_wh
            if charged_wh > 0 and self.powered_ms is None:
                self.powered_ms = to_ms

    def composite(self, duration_s: int, unit: str) -> Payload:
        """The schedule of the installed profiles, which a charge point that ignores them reports all the same."""
        return self._profiles.composite(
            self.number, self._clock.now_ms, duration_s, unit, self.max_a, self._started_ms()
        )

    def _started_ms(self) -> int | None:
        return self.transaction.started_ms if self.transaction else None
