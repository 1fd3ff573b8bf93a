"""Recovery at the start of the whole platform: earlier inputs are decided and applied before clients may connect."""

from __future__ import annotations

import asyncio

from commands.log import topics
from commands.log.positions import is_past
from projections import progress
from services.parts.base import Base
from services.parts.part import Part

POLL_S = 0.01


class RecoveryPart(Part):
    """Starts after the processors and the projector, and before the gateway and the API."""

    name = "recovery"

    def __init__(self, base: Base) -> None:
        self._base = base

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._base.read_models_exist()
        while not (await self._all_decided() and await self._all_applied()):
            await asyncio.sleep(POLL_S)

    async def _all_decided(self) -> bool:
        log = self._base.log
        for name in topics.PROCESSORS:
            if not is_past(await log.consumed(name), await log.ends(topics.inputs(name))):
                return False
        return True

    async def _all_applied(self) -> bool:
        applied = await self._base.read_models.read(progress.applied)
        return is_past(applied, await self._base.log.ends(topics.EVENTS))
