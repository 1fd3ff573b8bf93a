"""The timekeeper. Several do no harm: a timer that fires twice has the same id, and the host drops the repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from adapters.timekeeper import Timekeeper
from services.parts.base import Base
from services.parts.part import Part, cancelled
from services.space import with_space


class TimekeeperPart(Part):
    """Timers stay on the log until they have fired, so it may be broken off anywhere."""

    name = "timekeeper"

    def __init__(self, base: Base) -> None:
        self._timekeeper = Timekeeper(base.log, base.clock)
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(with_space(self._timekeeper), name=self.name)]

    async def stop(self) -> None:
        await cancelled(self._running)

    def idle(self) -> bool:
        return self._timekeeper.idle()

    def numbers(self) -> Mapping[str, float]:
        return {"timers_waiting": len(self._timekeeper.waiting)}
