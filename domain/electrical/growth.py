"""Power by the growth of an energy register, for chargers that report neither current nor power.

Some registers are refreshed every few minutes only, and stand still between. So growth is measured from one change to
another; that it stands still shows no power before it has done so for longer than it does while a car charges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.electrical.register import Moment, RegisterEnergy

SHORTEST_MS = 60_000
"""A window is at least so long before an older reading is left behind."""
EXACT_W = 50
"""It grows until a step of the register is no more than this."""
LONGEST_MS = 15 * 60_000
STILL_MS = 5 * 60_000
"""For so long a register must stand still of which it is not known how often it changes."""
COARSE_WH = 100
"""A register of larger steps shows no power within minutes."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The newest value of a register, and when it came, when it changed, and since when it has stood still.

    From `since` on, when it changed too (None: it has not yet), it grew from `from_wh`. `every_ms`: the shortest time
    in which it changed again.
    """

    newest_wh: int
    newest: Moment
    moved: Moment
    still: Moment
    from_wh: int = 0
    since: Moment | None = None
    every_ms: int | None = None

    @property
    def moves(self) -> bool:
        """Whether it changed with the newest reading."""
        return self.moved == self.newest

    @property
    def begin(self) -> Moment:
        """From when on its power is measured."""
        return self.still if self.since is None or not self.moves else self.since


def followed(window: Growth | None, energy: RegisterEnergy, now: Moment, restart_ms: int = 0) -> Growth:
    """The window with another reading; a new one where the energy is doubted, or with what comes at `restart_ms`."""
    if window is None or energy.verdict != "believed" or energy.energy_wh < window.newest_wh:
        return Growth(energy.energy_wh, now, now, now)
    if energy.energy_wh == window.newest_wh:
        restarts = window.still.ms < restart_ms <= now.ms
        return replace(window, newest=now, still=now if restarts else window.still)
    after = replace(
        window, newest_wh=energy.energy_wh, newest=now, moved=now, still=now, every_ms=_every_ms(window, now)
    )
    if window.since is None or window.since.ms < restart_ms <= now.ms:
        return replace(after, from_wh=energy.energy_wh, since=now)
    step_ms = energy.courses[0].step_wh * 3_600_000 // EXACT_W
    longest_ms = min(max(SHORTEST_MS, step_ms), LONGEST_MS)
    if window.since.elapsed_ms(window.moved) >= longest_ms:
        return replace(after, from_wh=window.newest_wh, since=window.moved)
    return after


def _every_ms(window: Growth, now: Moment) -> int | None:
    if window.since is None:
        return None
    waited_ms = max(0, window.moved.elapsed_ms(now))
    return waited_ms if window.every_ms is None else min(waited_ms, window.every_ms)


def power_w(window: Growth, energy: RegisterEnergy) -> tuple[int, int] | None:
    """The least and the most power (W) that the growth may be. None: too coarse, too short, or still for too short."""
    step_wh, elapsed_ms = energy.courses[0].step_wh, window.begin.elapsed_ms(window.newest)
    if elapsed_ms <= 0 or step_wh > COARSE_WH:
        return None
    gain_wh = window.newest_wh - window.from_wh if window.moves else 0
    if not window.moves and elapsed_ms < _patience_ms(window):
        return None
    return max(0, gain_wh - step_wh) * 3_600_000 // elapsed_ms, -(-(gain_wh + step_wh) * 3_600_000 // elapsed_ms)


def _patience_ms(window: Growth) -> int:
    return STILL_MS if window.every_ms is None else max(SHORTEST_MS, 2 * window.every_ms)
