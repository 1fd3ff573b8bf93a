"""One service of a platform of many processes, and its parts.

Services share the log (Kafka) and the databases (PostgreSQL, QuestDB), and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.watched import WatchedKafkaLog
from adapters.time.clock import SystemClock
from commands.log.latest_log_time import latest_ms
from services.base.databases import Databases
from services.base.logs import kafka_settings
from services.base.settings import ProcessSettings
from services.composition.running import end_in_time
from services.composition.time_coordinator import TimeCoordinator
from services.composition.time_follower import Coordinator, TimeFollower
from services.parts.base import Base, on
from services.parts.control import ControlPart
from services.parts.health import HealthPart
from services.parts.memory import MemoryPart
from services.parts.part import Part, run

log_line = structlog.get_logger("service")

Parts = Sequence[Part]


def on_real_time(base: Base, part: Callable[[Base], Part]) -> Parts:
    """The part, unless time is simulated: that waits for a service that died, so nothing falls silent in it."""
    return [part(base)] if base.settings.clock is None else []


def _api(base: Base) -> Parts:
    from services.parts.api import ApiPart
    from services.parts.applied import AppliedPart
    from services.parts.outcomes import OutcomesPart

    return [OutcomesPart(base), applied := AppliedPart(base), ApiPart(base, applied.applied)]


def _gateway(base: Base) -> Parts:
    from services.parts.gateway import GatewayPart
    from services.parts.gateway_heartbeat import GatewayHeartbeatPart
    from services.parts.outcomes import OutcomesPart

    return [OutcomesPart(base), *on_real_time(base, GatewayHeartbeatPart), GatewayPart(base)]


def _processor(base: Base, name: str) -> Parts:
    from services.composition.processors import processor_named
    from services.parts.processor import ProcessorPart

    return [ProcessorPart(base, processor_named(name, base.settings.tick_s * 1000))]


def _projector(base: Base) -> Parts:
    from services.parts.projector import ProjectorPart

    return [ProjectorPart(base)]


def _telemetry(base: Base) -> Parts:
    from services.parts.faust import telemetry_part

    return [telemetry_part(base, kafka_settings())]


def _notifier(base: Base) -> Parts:
    from services.parts.faust import notifier_part

    return [notifier_part(base, kafka_settings())]


def _timekeeper(base: Base) -> Parts:
    from services.parts.gateway_watch import GatewayWatchPart
    from services.parts.timekeeper import TimekeeperPart

    return [TimekeeperPart(base), *on_real_time(base, GatewayWatchPart)]


SERVICES: Mapping[str, Callable[..., Parts]] = {
    "api": _api,
    "gateway": _gateway,
    "processor": _processor,
    "projector": _projector,
    "telemetry": _telemetry,
    "notifier": _notifier,
    "timekeeper": _timekeeper,
}
"""Each imports its own parts only: what is left out need not be loaded at every start, in every process."""

UNAWAITED = ("telemetry", "notifier")
"""Simulated time does not wait for these slow services: nothing is decided from their work."""


async def serve(service: str, arguments: Sequence[str], options: Mapping[str, Any]) -> None:
    """Serve until cancelled, or until a part fails (an `ExceptionGroup`). Raises `SettingsError` before it starts."""
    settings, databases = ProcessSettings.from_settings(options), Databases.from_settings().apart()
    kafka = kafka_settings()
    name = " ".join([service, *arguments])
    if settings.clock is not None:
        coordinator = await Coordinator.connect(settings.clock, name)
        log = WatchedKafkaLog.open(kafka)
        async with on(log, coordinator.clock, settings, databases, name) as base:
            parts = SERVICES[service](base, *arguments)
            await _run(name, base, [*parts, TimeFollower(coordinator, log, parts, awaited=service not in UNAWAITED)])
    else:
        async with on(KafkaLog.open(kafka), SystemClock(), settings, databases, name) as base:
            await _run(name, base, SERVICES[service](base, *arguments))


async def _run(name: str, base: Base, parts: Parts) -> None:
    health = [] if name == "api" else [HealthPart(base, parts)]

    def serving() -> None:
        for one in health:
            one.started()
        ports = {part.name: part.port for part in [*parts, *health] if hasattr(part, "port")}
        log_line.info("serving", service=name, **ports)

    await run([*health, *parts, MemoryPart()], serving, end_in_time)


async def steer(options: Mapping[str, Any], starts_at_ms: int, port: int, control_port: int, services: int) -> None:
    """Coordinate the time of a simulated platform, from the end of the log on, by its control socket."""
    settings = ProcessSettings.from_settings(options)
    log = KafkaLog.open(kafka_settings())
    async with on(log, SystemClock(), settings, Databases.from_settings(), "clock") as base:
        coordinator = TimeCoordinator(log, max(starts_at_ms, await latest_ms(log)), services, port)
        await _run("clock", base, [coordinator, ControlPart(coordinator, control_port)])
