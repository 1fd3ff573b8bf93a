"""A part that works in loops, as tasks of this process."""

from __future__ import annotations

import asyncio

from services.base.retry_on_outage import Loop, retry_on_outage
from services.parts.part import Part, cancelled


class LoopsPart(Part):
    """Its loops may be cancelled anywhere: the next start repeats unfinished work."""

    def __init__(self, *loops: Loop) -> None:
        self._loops = loops
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(retry_on_outage(loop), name=type(loop).__name__) for loop in self._loops]

    async def stop(self) -> None:
        await cancelled(self._running)
