"""What a service on Kafka does by Faust: workers that share the partitions with others of their group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from adapters.log.kafka import faust_host
from adapters.log.kafka.faust_host import Handler
from adapters.log.kafka.settings import KafkaSettings
from adapters.timeseries.dead_letters import batch_writer
from adapters.timeseries.sources import SOURCES
from adapters.timeseries.worker import Pruner
from commands.log.topics import EVENTS
from services.parts.base import Base
from services.parts.notifier import notifier
from services.parts.part import Part, cancelled, ended

SERIES_WITHIN_S = 1.0
"""To QuestDB a small batch costs as much as one of a hundred values."""
NOTICES_WITHIN_S = 0.1


class FaustPart(Part):
    """Hands the committed records of topics to functions. On stopping, what is not kept is left to others."""

    def __init__(
        self,
        name: str,
        kafka: KafkaSettings,
        handlers: Mapping[str, Handler],
        within_s: float,
        beside: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.name = name
        self._within_s = within_s
        self._kafka = kafka
        self._handlers = handlers
        self._beside = beside
        self._stopping = asyncio.Event()
        self._working: list[asyncio.Task[None]] = []
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        app = await faust_host.worker(self._kafka, self.name, self._handlers, self._within_s)
        self._working = [tasks.create_task(faust_host.run(app, self._stopping), name=self.name)]
        self._running = [tasks.create_task(self._beside(), name=f"beside {self.name}")]

    async def stop(self) -> None:
        self._stopping.set()
        await ended(self._working)
        await cancelled(self._running)


def telemetry_part(base: Base, kafka: KafkaSettings) -> FaustPart:
    """Keeps what vehicles and chargers tell as time series."""
    handlers = {source.topic: batch_writer(base.log, base.series, base.clock, source) for source in SOURCES}
    return FaustPart("telemetry", kafka, handlers, SERIES_WITHIN_S, Pruner(base.series, base.clock).run)


def notifier_part(base: Base, kafka: KafkaSettings) -> FaustPart:
    """Tells people what happened."""
    notifying = notifier(base)
    return FaustPart("notifier", kafka, {EVENTS: notifying.receive}, NOTICES_WITHIN_S, notifying.deliver)
