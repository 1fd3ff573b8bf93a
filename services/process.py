"""One service of a platform of many processes: the parts that it is made of.

They meet on the log (Kafka) and in the databases (PostgreSQL, QuestDB), and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from projections.applied import Applied
from services.databases import Databases
from services.logs import kafka_settings
from services.parts.api import ApiPart
from services.parts.base import opened
from services.parts.gateway import GatewayPart
from services.parts.health import HealthPart
from services.parts.outcomes import OutcomesPart
from services.parts.part import Part, run
from services.parts.processor import ProcessorPart
from services.parts.projector import ProjectorPart
from services.parts.telemetry import TelemetryPart
from services.parts.timekeeper import TimekeeperPart
from services.processors import processor_named
from services.settings import ProcessSettings

log_line = structlog.get_logger("service")

Parts = Sequence[Part]
SERVICES: Mapping[str, Callable[..., Parts]] = {
    "api": lambda base: [OutcomesPart(base), ApiPart(base, Applied(base.read_models))],
    "gateway": lambda base: [OutcomesPart(base), GatewayPart(base)],
    "processor": lambda base, name: [ProcessorPart(base, processor_named(name, base.settings.tick_s * 1000))],
    "projector": lambda base: [ProjectorPart(base)],
    "telemetry": lambda base: [TelemetryPart(base)],
    "timekeeper": lambda base: [TimekeeperPart(base)],
}


async def serve(service: str, arguments: Sequence[str], options: Mapping[str, Any]) -> None:
    """Serve until cancelled, or until a part fails (an `ExceptionGroup`). Raises `SettingsError` before it starts."""
    settings = ProcessSettings.from_settings(options)
    kafka_settings()
    async with opened(settings, Databases.from_settings().apart()) as base:
        parts = SERVICES[service](base, *arguments)
        health = [] if service == "api" else [HealthPart(base, parts)]

        def serving() -> None:
            for one in health:
                one.started()
            ports = {part.name: part.port for part in [*parts, *health] if hasattr(part, "port")}
            log_line.info("serving", service=" ".join([service, *arguments]), **ports)

        await run([*health, *parts], serving)
