"""The embedded platform: every part of Commonwatt in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from adapters.log.sqlite.log import SqliteLog
from adapters.time.clock import SimulatedClock, SystemClock
from commands.log.latest_log_time import latest_ms
from commands.ports.clock import Clock
from commands.ports.log import Log, LogError
from services.base.addresses import Addresses
from services.base.control import TimeHere
from services.base.databases import Databases
from services.base.logs import open_log
from services.base.settings import ProcessSettings, SettingsError
from services.composition.processors import all_processors
from services.composition.running import end_in_time
from services.parts.api import ApiPart
from services.parts.base import Base, on
from services.parts.control import ControlPart
from services.parts.gateway import GatewayPart
from services.parts.memory import MemoryPart
from services.parts.notifier import NotifierPart
from services.parts.outcomes import OutcomesPart
from services.parts.part import Part, run
from services.parts.processor import ProcessorPart
from services.parts.projector import ProjectorPart
from services.parts.recovery import RecoveryPart
from services.parts.retention import RetentionPart
from services.parts.telemetry import TelemetryPart
from services.parts.timekeeper import TimekeeperPart

log_line = structlog.get_logger("platform")


@dataclass(frozen=True, slots=True)
class Simulation:
    """Virtual time, which starts at `starts_at_ms` unless the log is later, and is moved by a control socket."""

    starts_at_ms: int
    control_port: int


async def serve(settings: ProcessSettings, databases: Databases, simulation: Simulation | None) -> None:
    """Serve until cancelled, or until a part fails (an `ExceptionGroup`): then everything stops."""
    log = open_log(settings.data)
    try:
        clock = await _clock(simulation, log)
    except LogError:
        await log.close()
        raise
    async with on(log, clock, settings, databases, "serve") as base:
        await run(*composed(base, simulation), end_in_time)


async def _clock(simulation: Simulation | None, log: Log) -> Clock:
    """The clock; simulated time begins no earlier than the end of the log."""
    if simulation is None:
        return SystemClock()
    return SimulatedClock(max(simulation.starts_at_ms, await latest_ms(log)))


def composed(base: Base, simulation: Simulation | None) -> tuple[list[Part], Callable[[], None]]:
    """All parts in the order of their start, and the function to call once they serve."""
    projector, gateway = ProjectorPart(base), GatewayPart(base)
    api = ApiPart(base, projector.projector)
    processors = [ProcessorPart(base, processor) for processor in all_processors(base.settings.tick_s * 1000)]
    within: list[Part] = [
        OutcomesPart(base),
        TimekeeperPart(base),
        TelemetryPart(base),
        NotifierPart(base),
        RecoveryPart(base),
    ]
    if isinstance(base.log, SqliteLog):  # brokers apply retention by themselves
        within.append(RetentionPart(base, base.log))
    parts: list[Part] = [*processors, projector, *within, gateway, api, MemoryPart()]
    control = None if simulation is None else _control(base, parts, gateway, simulation.control_port)

    def serving() -> None:
        host = base.settings.host
        steered = f"{host}:{control.port}" if control else ""
        addresses = Addresses(f"http://{host}:{api.port}", f"ws://{host}:{gateway.port}/ocpp", steered)
        addresses.write(base.settings.data)
        log_line.info("serving", api=addresses.api, ocpp=addresses.ocpp, control=steered or None)

    return ([*parts, control] if control else parts), serving


def _control(base: Base, parts: list[Part], gateway: GatewayPart, port: int) -> ControlPart:
    clock, log = base.clock, base.log
    assert isinstance(clock, SimulatedClock)
    if not isinstance(log, SqliteLog):
        raise SettingsError("--clock simulated: on Kafka, the services of a simulation follow `serve clock`")
    time = TimeHere(clock, gateway.frames, lambda: all(part.idle() for part in parts) and log.quiet(), log.moved)
    return ControlPart(time, port)
