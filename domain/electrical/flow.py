"""Energy by power over time, for transactions of which no register value comes."""

from __future__ import annotations

from dataclasses import dataclass

HELD_MS = 90_000
"""How long a power is taken to go on where the next reading comes much later."""
LONGEST_MS = 15 * 60_000
"""Between readings that are no further apart the power is taken to change evenly."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The newest power (W), when it was measured (ms), and what flowed until then (W x ms)."""

    power_w: int
    at_ms: int
    flowed_w_ms: int = 0

    @property
    def energy_wh(self) -> int:
        return self.flowed_w_ms // 3_600_000


def followed(before: Flow | None, power_w: int, at_ms: int) -> Flow:
    """The flow with another power. What was measured earlier than the newest one says nothing new."""
    if before is None:
        return Flow(power_w, at_ms)
    elapsed_ms = at_ms - before.at_ms
    if elapsed_ms <= 0:
        return before
    evenly_w_ms, held_w_ms = (before.power_w + power_w) * elapsed_ms // 2, before.power_w * HELD_MS
    more_w_ms = evenly_w_ms if elapsed_ms <= LONGEST_MS else held_w_ms
    return Flow(power_w, at_ms, before.flowed_w_ms + more_w_ms)
