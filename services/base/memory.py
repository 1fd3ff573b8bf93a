"""Garbage collection in a process with much long-lived memory.

A full collection halts the process while it visits all objects. Most of them (modules, states of streams) live as long
as the process. So every few seconds the survivors are frozen (`gc.freeze`), and the next collection visits new objects
only; once an hour all are visited.
"""

from __future__ import annotations

import asyncio
import gc
from itertools import count

SETTLE_S = 10
ROUNDS = 360
"""Collections of new objects for one of all objects."""
YOUNG, MIDDLE, OLD = 5_000, 10, 1_000_000
"""Thresholds: young generations are collected by number, the oldest only by time."""
STARTING = 50_000
"""Threshold of a process that starts: its modules and models stay, so to visit them again and again is in vain."""


def expect_lasting_objects() -> None:
    """Collect rarely until `settle` takes over."""
    gc.set_threshold(STARTING)


async def settle() -> None:
    """Freeze survivors again and again, until cancelled."""
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    try:
        for number in count():
            if number % ROUNDS == 0:
                gc.unfreeze()
            gc.collect()
            gc.freeze()
            await asyncio.sleep(SETTLE_S)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
