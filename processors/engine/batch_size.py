"""How many inputs a batch has: what is decided in a moment, since nothing of a batch is seen before all of it is."""

from __future__ import annotations

MOMENT_S = 0.05
LEAST, MOST = 20, 5_000
FIRST = 500


def next_size(size: int, inputs: int, took_s: float) -> int:
    """The size after one of `size` at most had `inputs` that took `took_s`. Fewer than `LEAST` tell too little."""
    if inputs < LEAST:
        return size
    fitting = inputs * MOMENT_S / max(took_s, 1e-6)
    return round(min(max((size + fitting) / 2, LEAST), MOST))
