"""The battery of a car and its current: two stages, and a delay until it follows its pilot."""

from __future__ import annotations

MIN_PILOT_A = 6.0
"""IEC 61851: the least pilot; below it there is only 0."""
END_OF_CHARGE_A = 1.0
"""A car ends its charge when the taper has come down to this."""
_LONG_MS = 10**15
_ROUNDING_WH = 0.01
"""Time comes in ms: what flows in one is as good as nothing missing."""


class Car:
    """An AC-charging car behind one charger.

    Constant power up to the `knee` (a level from 0 to 1), then a linear taper to nothing at full. It stops at its own
    `target`. After a change of the pilot its current moves linearly to the new value within `reaction_s` (at most 5 s).
    Level and energy change only through `charge`.
    """

    def __init__(
        self,
        battery_kwh: float,
        level: float,
        max_current_a: float = 32.0,
        *,
        target: float = 1.0,
        voltage_v: float = 208.0,
        phases: int = 1,
        knee: float = 0.8,
        reaction_s: float = 2.0,
    ) -> None:
        if not 0 <= level <= target <= 1:
            raise ValueError(f"level {level} and target {target} must be ordered within 0 and 1")
        if not 0 <= reaction_s <= 5:
            raise ValueError(f"reaction_s must lie in 0 to 5 s, not {reaction_s}")
        self.battery_wh = battery_kwh * 1000
        self.max_current_a = max_current_a
        self.phases = phases
        self.knee = knee
        self.delivered_wh = 0.0
        self._watts_per_ampere = voltage_v * phases
        self._start_wh = level * self.battery_wh
        self._wanted_wh = (target - level) * self.battery_wh
        self._reaction_ms = reaction_s * 1000
        self.pilot_a = 0.0
        self._from_a = 0.0
        self._since_ms = -_LONG_MS

    @property
    def level(self) -> float:
        return (self._start_wh + self.delivered_wh) / self.battery_wh

    @property
    def full(self) -> bool:
        """Whether its own target is reached, or what the battery takes is down to the end of charge."""
        return self.delivered_wh >= self._wanted_wh - _ROUNDING_WH or self._battery_a() < END_OF_CHARGE_A

    @property
    def accepted_a(self) -> float:
        """The current that the battery accepts at its level, whatever the pilot."""
        return 0.0 if self.full else self._battery_a()

    def _battery_a(self) -> float:
        level = self.level
        return self.max_current_a if level <= self.knee else self.max_current_a * (1 - level) / (1 - self.knee)

    def follow(self, limit_a: float, now_ms: int) -> None:
        """Set the charger's pilot to `limit_a` per phase from now on."""
        pilot_a = min(limit_a, self.max_current_a) if limit_a >= MIN_PILOT_A else 0.0
        if pilot_a != self.pilot_a:
            self._from_a = self.current_a(now_ms)
            self._since_ms = now_ms
            self.pilot_a = pilot_a

    def cut(self, now_ms: int) -> None:
        """The charger's contactor opens: nothing flows from this instant on."""
        self.pilot_a = self._from_a = 0.0
        self._since_ms = now_ms

    def current_a(self, now_ms: int) -> float:
        """The current per phase at this instant."""
        elapsed_ms = now_ms - self._since_ms
        if elapsed_ms >= self._reaction_ms:
            following_a = self.pilot_a
        else:
            following_a = self._from_a + (self.pilot_a - self._from_a) * (elapsed_ms / self._reaction_ms)
        return min(following_a, self.accepted_a)

    def steady_until_ms(self, now_ms: int) -> int:
        """Until when its current stays as it is now, left alone; `now_ms` where it is changing."""
        if self.full:
            return now_ms + _LONG_MS
        if now_ms - self._since_ms < self._reaction_ms and self._from_a != self.pilot_a:
            return now_ms
        if self.pilot_a == 0:
            return now_ms + _LONG_MS
        if self.accepted_a < self.pilot_a:
            return now_ms
        # The level from which on the battery takes less than the pilot allows.
        bend = 1 - (1 - self.knee) * self.pilot_a / self.max_current_a
        until_wh = min(self._wanted_wh, bend * self.battery_wh - self._start_wh)
        remaining_ms = (until_wh - self.delivered_wh) / (self.pilot_a * self._watts_per_ampere) * 3_600_000
        return now_ms + max(0, int(remaining_ms))

    def charge(self, from_ms: int, to_ms: int) -> float:
        """Charge for this time at its initial current; in Wh. Callers take steps of 1 s while it changes."""
        power_w = self.current_a(from_ms) * self._watts_per_ampere
        energy_wh = min(power_w * (to_ms - from_ms) / 3_600_000, self._wanted_wh - self.delivered_wh)
        self.delivered_wh += energy_wh
        return energy_wh
