"""From the integers of the log to the units of the API."""

from __future__ import annotations

import re


def thousandth(value: int | None) -> float | None:
    """mA, mV, W or Wh as A, V, kW or kWh."""
    return None if value is None else value / 1000


def percent(permille: int | None) -> float | None:
    """Permille as %."""
    return None if permille is None else permille / 10


def share(ppm: int | None) -> float | None:
    """Parts per million as a number from 0 to 1."""
    return None if ppm is None else ppm / 1_000_000


LARGER = {"mA": "A", "W": "kW", "Wh": "kWh"}


def for_people(text: str) -> str:
    """A rule's words with quantities as people read them: `13000 mA` as `13 A`, `300000 W` as `300 kW`."""
    return re.sub(r"\b(\d+) (mA|Wh|W)\b", _larger, text)


def _larger(found: re.Match[str]) -> str:
    value, unit = int(found[1]), found[2]
    return f"{value / 1000:.10g} {LARGER[unit]}" if unit == "mA" or value >= 1000 else found[0]
