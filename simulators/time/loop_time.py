"""Virtual time on an event loop whose time jumps (`virtual_loop`): the loop fires the alarms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulators.time.virtual_loop import VirtualLoop
from simulators.time.virtual_time import Alarm, VirtualTime


class LoopTime(VirtualTime):
    """`start_ms` (UTC) is the loop's instant 0."""

    def __init__(self, start_ms: int) -> None:
        super().__init__(start_ms)
        self._start_ms = start_ms
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            raise TypeError("this time is that of a virtual loop")
        self._loop = loop

    @property
    def now_ms(self) -> int:
        return self._start_ms + self._loop.now_ms

    def at(self, at_ms: int, action: Callable[[], object]) -> Alarm:
        """Call `action` at `at_ms`; one in the past is due at once."""
        alarm = super().at(at_ms, action)
        self._loop.call_at((alarm.at_ms - self._start_ms) / 1000, self.fire_due)
        return alarm
