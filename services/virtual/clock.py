"""The clock service on an event loop whose time is virtual."""

from __future__ import annotations

import asyncio

from simulators.time.virtual_time import VirtualTime


class LoopClock:
    """`commands.ports.clock.Clock` by the time of the simulated field."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time

    def now_ms(self) -> int:
        return self._time.now_ms

    async def sleep_until(self, due_ms: int) -> None:
        while (left_ms := due_ms - self._time.now_ms) > 0:
            await asyncio.sleep(left_ms / 1000)
