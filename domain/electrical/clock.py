"""The clocks of chargers: how far one is off, and which readings are of the present by it.

The offset of a clock is ours less the charger's: negative where it is ahead. Each reading shows it with the delay of
its message added, so the least one counts, of readings that were requested just now: what waits in a queue is older.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.records.observations import Metered

OLD_MS = 5 * 60_000
"""A reading this far from the present is not of it."""
EXACT_MS = 60_000
"""A clock that is off by no more is as good as ours: limits have that much to spare."""
DAYS_MS = 2 * 24 * 3_600_000
"""From here on an offset is described in days."""
BETTER_MS = 2_000
"""A lower offset by this much is worth to be recorded."""


def is_live(reading: Metered, offset_ms: int | None, now_ms: int) -> bool:
    """Whether a reading is of the present. Where the offset is not known, the charger's clock is taken for right."""
    if offset_ms is None:
        return reading.fresh
    if not (reading.fresh or reading.stale_by_clock):
        return False
    return abs(now_ms - reading.charger_time_ms - offset_ms) <= OLD_MS


def measured_ms(reading: Metered, offset_ms: int | None, now_ms: int) -> int:
    """When it was measured, by our clock (ms UTC)."""
    return now_ms if offset_ms is None else min(now_ms, reading.charger_time_ms + offset_ms)


def learnt(known_ms: int | None, shown_ms: Sequence[int]) -> int | None:
    """The offset after requested readings, of which the newest two showed these. None: it is as it was.

    A clock that shows a higher one twice was set meanwhile.
    """
    newest_ms = shown_ms[-1]
    if known_ms is None:
        return newest_ms
    if newest_ms < known_ms - BETTER_MS:
        return newest_ms
    if len(shown_ms) > 1 and min(shown_ms) > known_ms + EXACT_MS and max(shown_ms) - min(shown_ms) <= EXACT_MS:
        return min(shown_ms)
    return None


def described(offset_ms: int) -> str:
    """The offset for people."""
    seconds = abs(offset_ms) // 1000
    amount = f"{seconds:,} s" if abs(offset_ms) < DAYS_MS else f"{seconds // 86_400:,} days"
    return f"its clock is {amount} {'ahead' if offset_ms < 0 else 'behind'}"
