"""From the integers of the log to the units of the API."""

from __future__ import annotations


def thousandth(value: int | None) -> float | None:
    """mA, mV, W or Wh as A, V, kW or kWh."""
    return None if value is None else value / 1000


def percent(permille: int | None) -> float | None:
    """Permille as %."""
    return None if permille is None else permille / 10


def share(ppm: int | None) -> float | None:
    """Parts per million as a number from 0 to 1."""
    return None if ppm is None else ppm / 1_000_000
