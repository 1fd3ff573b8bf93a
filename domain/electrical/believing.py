"""Believing readings: what an outlet can carry, which phases a car may use, and what a reading says of its current.

A reading that physics contradicts is refused: it grants, ends and confirms nothing, and never lowers what is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from domain.electrical.grid import Outlet

Verdict = Literal["believed", "estimated", "refused"]
Source = Literal["current", "power", "energy"]

MARGIN_PERMILLE = 1_250
"""A breaker holds 13 % more than it is rated for without end, and the voltage may be 10 % above what is registered."""
SPLIT_PERMILLE = 1_150
"""The voltage may be 10 % high, and meter and pilot 2 % off each: more than so is more than one phase carries."""
CONTRADICTION_W = 500
"""Power and current of one message are measured at moments some seconds apart."""
USED_MA = 1_000
"""A phase that carries less than this is not in use by a car."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a reading says of the highest phase: `least_ma` however a car divides its power, `most_ma` at the worst.

    `phases`: the least number of phases that the car uses by this reading. `reason`: why the reading is refused.
    `total_ma`: the currents of all phases together, `power_w` their power.
    """

    least_ma: int
    most_ma: int
    phases: int
    source: Source
    reason: str = ""
    total_ma: int = 0
    power_w: int = 0

    @property
    def believed(self) -> bool:
        return not self.reason


def most_ma(outlet: Outlet) -> int:
    """The most that an outlet can carry on a phase, with a margin."""
    return outlet.max_ma * MARGIN_PERMILLE // 1000


def most_w(outlet: Outlet) -> int:
    """The most power that an outlet can deliver, with a margin."""
    return outlet.power_w(most_ma(outlet))


def most_wh(outlet: Outlet, elapsed_ms: int) -> int:
    """The most energy that can flow through an outlet in a time, with a margin."""
    return -(-most_w(outlet) * max(0, elapsed_ms) // 3_600_000)


def drawn(
    outlet: Outlet, current_ma: Sequence[int] | None, power_w: int | None, *, phases: int = 1, bound_ma: int = 0
) -> Drawn | None:
    """What currents per phase, or else the power, say of an outlet's highest phase. None: neither was reported.

    `phases` are known to be in use by the car; `bound_ma` is the most that a phase carries (0: what the outlet can).
    """
    if current_ma is None:
        return None if power_w is None else _by_power(outlet, power_w, phases, bound_ma or outlet.max_ma)
    highest_ma = max(current_ma)
    if power_w is not None and _is_sum(outlet, current_ma, power_w):
        return _by_power(outlet, power_w, phases, bound_ma or outlet.max_ma)
    used = max(1, sum(one >= USED_MA for one in current_ma))
    if highest_ma > most_ma(outlet):
        return Drawn(highest_ma, highest_ma, used, "current", _too_much(outlet, f"{highest_ma} mA"))
    total_ma = sum(current_ma)
    if power_w is None or power_w > most_w(outlet):
        shown_w = total_ma * outlet.voltage_mv // 1_000_000
        return Drawn(highest_ma, highest_ma, used, "current", total_ma=total_ma, power_w=shown_w)
    if power_w <= explained_by(outlet, total_ma):
        return Drawn(highest_ma, highest_ma, used, "current", total_ma=total_ma, power_w=power_w)
    worst_ma = max(highest_ma, _by_power(outlet, power_w, 1, outlet.max_ma).most_ma)
    reason = f"it reports {power_w} W, which {highest_ma} mA can't carry"
    return Drawn(highest_ma, worst_ma, used, "current", reason)


def _is_sum(outlet: Outlet, current_ma: Sequence[int], power_w: int) -> bool:
    """Whether a charger reports the sum of its phases as the current: its power is that of one phase with it."""
    shown_ma = [current_ma[phase] for phase in outlet.phases]
    if len(shown_ma) == 1 or min(shown_ma) != max(shown_ma) or shown_ma[0] < USED_MA:
        return False
    of_one_w = shown_ma[0] * outlet.voltage_mv // 1_000_000
    return abs(power_w - of_one_w) * 1000 <= of_one_w * (MARGIN_PERMILLE - 1000)


def explained_by(outlet: Outlet, total_ma: int) -> int:
    """The most power (W) that does not contradict currents of which this is the sum."""
    return total_ma * outlet.voltage_mv * MARGIN_PERMILLE // 10**9 + CONTRADICTION_W


def drawn_by_growth(outlet: Outlet, least_w: int, most_w_: int, *, phases: int = 1, bound_ma: int = 0) -> Drawn:
    """What the growth of a register says, of which the power lies between these."""
    least = _by_power(outlet, min(least_w, most_w(outlet)), phases, bound_ma or outlet.max_ma)
    worst = _by_power(outlet, min(most_w_, most_w(outlet)), least.phases, 0)
    mean_w = (least_w + most_w_) // 2
    return Drawn(least.least_ma, max(worst.most_ma, least.most_ma), least.phases, "energy", power_w=mean_w)


def _by_power(outlet: Outlet, power_w: int, phases: int, bound_ma: int) -> Drawn:
    """A car draws evenly on the phases that it uses; how many these are is known only as far as one can't carry it."""
    total_ma = -(-power_w * 1_000_000 // outlet.voltage_mv)
    least_ma = -(-total_ma // len(outlet.phases))
    if least_ma > most_ma(outlet):
        return Drawn(least_ma, least_ma, len(outlet.phases), "power", _too_much(outlet, f"{power_w} W"))
    needed = -(-total_ma * 1000 // (bound_ma * SPLIT_PERMILLE)) if bound_ma else 1
    used = min(max(needed, phases, 1), len(outlet.phases))
    return Drawn(least_ma, -(-total_ma // used), used, "power", total_ma=total_ma, power_w=power_w)


def _too_much(outlet: Outlet, reported: str) -> str:
    phases = "one phase" if len(outlet.phases) == 1 else f"{len(outlet.phases)} phases"
    return f"it reports {reported}, and its outlet is rated {outlet.max_ma} mA on {phases}"
