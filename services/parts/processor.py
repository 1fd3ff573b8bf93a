"""A processor, which decides the inputs of the partitions that this process owns."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from processors.engine.host import Host
from processors.engine.processor import Processor
from services.base.retry_on_outage import retry_on_outage
from services.parts.base import Base
from services.parts.part import Part, ended


class ProcessorPart(Part):
    """On SIGTERM it commits its batch and leaves the group, so that others take over at once."""

    def __init__(self, base: Base, processor: Processor[Any, Any]) -> None:
        self.name = f"processor {processor.name}"
        self.host = Host(processor, base.log, tracer=base.tracer)
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self.host.restore()
        self._running = [tasks.create_task(retry_on_outage(self.host), name=self.name)]

    async def stop(self) -> None:
        await self.host.consumer.close()
        await ended(self._running)

    def gauges(self) -> Mapping[str, float]:
        return {"streams_known": len(self.host.states), "stream_time_seconds": self.host.time_ms / 1000}
