"""The projector: all read models, which share one consumed position so that each event counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from projections.runner import Projector
from services.parts.base import Base
from services.parts.part import Part, cancelled
from services.space import with_space


class ProjectorPart(Part):
    """What it has in its hands is one transaction: broken off, it is rolled back and done again by the next."""

    name = "projector"

    def __init__(self, base: Base) -> None:
        self.projector = Projector(base.log, base.read_models)
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(with_space(self.projector), name=self.name)]

    async def stop(self) -> None:
        await cancelled(self._running)

    def numbers(self) -> Mapping[str, float]:
        applied = self.projector.position()
        return {"projections_partitions": len(applied), "projections_offsets_sum": sum(applied.values())}
