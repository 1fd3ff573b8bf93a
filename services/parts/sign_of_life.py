"""Says that this process's gateway lives."""

from __future__ import annotations

import asyncio

from adapters.sign_of_life import SignOfLife
from services.parts.base import Base
from services.parts.part import Part, cancelled


class SignOfLifePart(Part):
    """Started before the gateway, and so stopped after it: no socket is held in silence."""

    name = "sign of life"

    def __init__(self, base: Base) -> None:
        self._sign = SignOfLife(base.log, base.clock, base.settings.gateway_id)
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._sign.give()
        self._running = [tasks.create_task(self._sign.run(), name=self.name)]

    async def stop(self) -> None:
        await cancelled(self._running)
