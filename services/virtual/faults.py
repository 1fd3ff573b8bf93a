"""The faults of a run: lines and an uplink that are cut, a server that is killed, at instants from the seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from services.virtual.line import Line
from services.virtual.plan import Plan
from services.virtual.server import CentralSystem
from simulators.time.virtual_time import VirtualTime

Fault = Callable[[], Awaitable[None]]
AWAY_S = (10.0, 300.0)
"""How long a line is cut."""
DEAD_S = (1.0, 120.0)
"""How long the server is away."""


@dataclass(slots=True)
class Faults:
    """They begin and end while `run` runs, and are over when it returns."""

    plan: Plan
    time: VirtualTime
    lines: Mapping[str, Line]
    server: CentralSystem
    random: Random

    async def run(self, from_ms: int, to_ms: int) -> None:
        """Have the faults of all days between two instants."""
        plan = self.plan
        kinds: list[tuple[int, Fault]] = []
        faults: list[tuple[int, Fault]] = [
            (plan.kills, self._restart),
            (plan.uplink_outages, partial(self._cut, *self.lines.values())),
            *((plan.outages, partial(self._cut, line)) for line in self.lines.values()),
        ]
        for count, fault in faults:
            kinds += [(self.random.randrange(from_ms, to_ms), fault) for _ in range(round(count * plan.days))]
        for at_ms, fault in sorted(kinds, key=lambda one: one[0]):
            await self.time.sleep_until(at_ms)
            await fault()

    async def _cut(self, *lines: Line) -> None:
        away_s = self.random.uniform(*AWAY_S)
        for line in lines:
            line.cut()
        self.time.spawn(self._mend(lines, away_s))

    async def _mend(self, lines: tuple[Line, ...], away_s: float) -> None:
        await self.time.sleep(away_s)
        for line in lines:
            line.mend()

    async def _restart(self) -> None:
        await self.server.kill()
        await self.time.sleep(self.random.uniform(*DEAD_S))
        await self.server.start()
