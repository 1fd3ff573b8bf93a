"""The control socket of a simulation on all in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from adapters.clock import SimulatedClock
from adapters.log.sqlite import SqliteLog
from services.control import Control
from services.parts.part import Part


class ControlPart(Part):
    """The last to start, the first to stop."""

    name = "control"

    def __init__(self, clock: SimulatedClock, log: SqliteLog, gateway: Part, quiet: Callable[[], bool], port: int):
        self._control = Control(clock, gateway, quiet, log.moved)
        self._serving = AsyncExitStack()
        self.port = port

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self.port = await self._serving.enter_async_context(self._control.serving(self.port))

    async def stop(self) -> None:
        await self._serving.aclose()
