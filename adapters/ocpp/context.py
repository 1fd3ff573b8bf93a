"""The context of a gateway: what all its chargers share."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.ocpp.recorder import Recorder
from adapters.ocpp.settings import Settings
from commands.ports.clock import Clock
from commands.ports.directory import Directory
from commands.ports.outcomes import Outcomes
from commands.ports.tracing import Tracer


@dataclass(frozen=True, slots=True)
class GatewayContext:
    """The ports of a gateway, its recorder and its settings."""

    clock: Clock
    directory: Directory
    outcomes: Outcomes
    recorder: Recorder
    settings: Settings
    tracer: Tracer
