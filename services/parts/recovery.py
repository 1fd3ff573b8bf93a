"""A start of all in one process: what was accepted before it is decided and applied before anybody is let in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from commands import topics
from projections import progress
from services.parts.base import Base
from services.parts.part import Part

LOOK_S = 0.01


class RecoveryPart(Part):
    """Comes after the processors and the projector, and before the gateway and the API."""

    name = "recovery"

    def __init__(self, base: Base) -> None:
        self._base = base

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._base.read_models_exist()
        while not (await self._all_decided() and await self._all_applied()):
            await asyncio.sleep(LOOK_S)

    async def _all_decided(self) -> bool:
        log = self._base.log
        for name in topics.PROCESSORS:
            consumed = await log.consumed(name)
            if any(
                consumed.get(partition, 0) < end for partition, end in (await log.ends(topics.inputs(name))).items()
            ):
                return False
        return True

    async def _all_applied(self) -> bool:
        applied = await self._base.read_models.read(progress.applied)
        return _past(applied, await self._base.log.ends(topics.EVENTS))


def _past(reached: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    return all(reached.get(partition, 0) >= end for partition, end in ends.items())
