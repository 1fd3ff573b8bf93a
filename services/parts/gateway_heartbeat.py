"""Heartbeats of the gateway of this process."""

from __future__ import annotations

import asyncio

from adapters.ocpp.liveness.heartbeat import GatewayHeartbeat
from services.parts.base import Base
from services.parts.loops import LoopsPart


class GatewayHeartbeatPart(LoopsPart):
    """Started before the gateway, and so stopped after it: no socket is held in silence."""

    name = "gateway heartbeat"

    def __init__(self, base: Base) -> None:
        self._heartbeat = GatewayHeartbeat(base.log, base.clock, base.settings.gateway_id)
        super().__init__(self._heartbeat)

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._heartbeat.publish()
        await super().start(tasks)
