"""The control socket of a simulation."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from services.base.control import Control, Time
from services.parts.part import Part


class ControlPart(Part):
    """Starts last and stops first. `port` is the one that it listens on."""

    name = "control"

    def __init__(self, time: Time, port: int) -> None:
        self._control = Control(time)
        self._serving = AsyncExitStack()
        self.port = port

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self.port = await self._serving.enter_async_context(self._control.serving(self.port))

    async def stop(self) -> None:
        await self._serving.aclose()
