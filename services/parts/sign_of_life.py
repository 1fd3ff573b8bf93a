"""Says that this process's gateway lives."""

from __future__ import annotations

import asyncio

from adapters.ocpp.liveness.heartbeat import SignOfLife
from services.parts.base import Base
from services.parts.loops import LoopsPart


class SignOfLifePart(LoopsPart):
    """Started before the gateway, and so stopped after it: no socket is held in silence."""

    name = "sign of life"

    def __init__(self, base: Base) -> None:
        self._sign = SignOfLife(base.log, base.clock, base.settings.gateway_id)
        super().__init__(self._sign)

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._sign.give()
        await super().start(tasks)
