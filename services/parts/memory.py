"""Garbage collection with short halts."""

from __future__ import annotations

import asyncio

from services.base.memory import settle
from services.parts.part import Part, cancelled


class MemoryPart(Part):
    """Starts last: objects that exist by then live as long as the process."""

    name = "memory"

    def __init__(self) -> None:
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(settle(), name=self.name)]

    async def stop(self) -> None:
        await cancelled(self._running)
