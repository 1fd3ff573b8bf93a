"""A service by Faust in a process of its own, on files instead of servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.time.clock import SystemClock
from services.base.databases import Databases
from services.base.settings import ProcessSettings
from services.composition.running import run_to_end
from services.parts.base import Base, on
from services.parts.faust import FaustPart
from services.parts.part import run


def serve(settings: str, folder: str, part: Callable[[Base, KafkaSettings], FaustPart]) -> int:
    """Run it until SIGTERM or a failure; tells the exit code."""
    kafka = KafkaSettings.model_validate_json(settings)

    async def service() -> None:
        told = ProcessSettings(data=Path(folder))
        async with on(KafkaLog.open(kafka), SystemClock(), told, Databases(), "faust") as base:
            await run([part(base, kafka)], lambda: None)

    try:
        run_to_end(service())
    except typer.Exit as end:
        return end.exit_code
    raise AssertionError("it ends by an exit")
