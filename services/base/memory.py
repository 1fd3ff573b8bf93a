"""Garbage collection in a process that keeps much for long.

A full collection halts everything for as long as it takes to look at all that is in memory. Most of that (the programs,
the states of streams) is there to stay: what has lasted is set aside, so that the next collection looks at what is new,
and all of it is looked at once an hour.
"""

from __future__ import annotations

import asyncio
import gc
from itertools import count

SETTLE_S = 10
ROUNDS = 360
"""So many times what is new is looked at for once that all is."""
YOUNG, MIDDLE, OLD = 5_000, 10, 1_000_000
"""Collections of what is young go on by number; of all, by time alone."""


async def settle() -> None:
    """Set aside what lasts, until this is cancelled."""
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
