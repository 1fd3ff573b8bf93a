"""The time series, kept from the inputs by tasks of this process."""

from __future__ import annotations

import asyncio

from adapters.timeseries.worker import workers
from services.parts.base import Base
from services.parts.part import Part, cancelled
from services.space import with_space


class TelemetryPart(Part):
    """Rows and position are kept together, so it may be broken off anywhere."""

    name = "telemetry"

    def __init__(self, base: Base) -> None:
        self._workers = workers(base.log, base.series, base.clock)
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(with_space(worker), name=type(worker).__name__) for worker in self._workers]

    async def stop(self) -> None:
        await cancelled(self._running)
