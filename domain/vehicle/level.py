"""The charge level: how far one may lie from another, by what a car can lose or gain in the time between them."""

from __future__ import annotations

LOSS_W = 100_000
"""What driving takes at most for minutes on end."""
GAIN_PERMILLE_PER_MINUTE = 50
"""The quickest cars charge from 10 % to 80 % in a quarter of an hour."""
NOISE_PERMILLE = 30
"""Levels are rounded, and batteries correct their own estimates."""
SMALL_BATTERY_WH = 40_000
"""A battery of unknown size: a small one changes its level quickly."""


def is_possible(before_permille: int, after_permille: int, elapsed_ms: int, battery_wh: int | None) -> bool:
    """Whether a car can have come from one level to the other in the time."""
    elapsed_ms = max(0, elapsed_ms)
    gain = GAIN_PERMILLE_PER_MINUTE * elapsed_ms // 60_000
    loss = LOSS_W * elapsed_ms // (3_600 * (battery_wh or SMALL_BATTERY_WH))
    return -loss - NOISE_PERMILLE <= after_permille - before_permille <= gain + NOISE_PERMILLE
