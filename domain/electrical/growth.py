"""Power by the growth of an energy register, for chargers that report neither current nor power."""

from __future__ import annotations

from dataclasses import dataclass

from domain.electrical.register import Moment, RegisterEnergy

SHORTEST_MS = 60_000
"""A window is at least so long before an older reading is left behind."""
EXACT_W = 50
"""It grows until a step of the register is no more than this."""
LONGEST_MS = 15 * 60_000
COARSE_WH = 100
"""A register of larger steps shows no power within minutes."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A window of a register: the energy at its begin, and at the newest reading."""

    from_wh: int
    since: Moment
    newest_wh: int
    newest: Moment


def begun(energy: RegisterEnergy, now: Moment) -> Growth:
    return Growth(energy.energy_wh, now, energy.energy_wh, now)


def followed(window: Growth | None, energy: RegisterEnergy, now: Moment, restart_ms: int = 0) -> Growth:
    """The window with another reading; a new one where the energy is doubted, or with the first one at `restart_ms`."""
    if window is None or energy.verdict != "believed" or energy.energy_wh < window.newest_wh:
        return begun(energy, now)
    if window.since.ms < restart_ms <= now.ms:
        return begun(energy, now)
    step_ms = energy.courses[0].step_wh * 3_600_000 // EXACT_W
    longest_ms = min(max(SHORTEST_MS, step_ms), LONGEST_MS)
    if window.since.elapsed_ms(window.newest) >= longest_ms:
        return Growth(window.newest_wh, window.newest, energy.energy_wh, now)
    return Growth(window.from_wh, window.since, energy.energy_wh, now)


def power_w(window: Growth, energy: RegisterEnergy) -> tuple[int, int] | None:
    """The least and the most power (W) that the growth may be. None: too coarse, or too short."""
    elapsed_ms = window.since.elapsed_ms(window.newest)
    step_wh = energy.courses[0].step_wh
    if elapsed_ms <= 0 or step_wh > COARSE_WH:
        return None
    gain_wh = window.newest_wh - window.from_wh
    return max(0, gain_wh - step_wh) * 3_600_000 // elapsed_ms, -(-(gain_wh + step_wh) * 3_600_000 // elapsed_ms)
