"""The size of a batch of inputs.

A batch is committed as a whole, so its last input delays the events of its first. The size is adapted, so that handling
a batch takes about `BATCH_S`."""

from __future__ import annotations

BATCH_S = 0.05
"""The time that a batch should take (s)."""
LEAST, MOST = 20, 5_000
FIRST = 500


def next_size(size: int, inputs: int, took_s: float) -> int:
    """The size of the next batch, after one of at most `size` had `inputs`, which took `took_s` seconds.

    Fewer inputs than `LEAST` are no measure: the size stays."""
    if inputs < LEAST:
        return size
    fitting = inputs * BATCH_S / max(took_s, 1e-6)
    return round(min(max((size + fitting) / 2, LEAST), MOST))
