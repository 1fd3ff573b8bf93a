"""Decisions as they appear on the log, for the edges of this process that await them."""

from __future__ import annotations

import asyncio

from services.parts.base import Base
from services.parts.part import Part, cancelled
from services.space import with_space


class OutcomesPart(Part):
    """Started before what awaits decisions, and so stopped after it."""

    name = "outcomes"

    def __init__(self, base: Base) -> None:
        self._outcomes = base.outcomes
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(with_space(self._outcomes), name=self.name)]

    async def stop(self) -> None:
        await cancelled(self._running)
