"""The list of processors, for the embedded server, a worker and a replay."""

from __future__ import annotations

from typing import Any

from processors.engine.processor import Processor
from processors.load import Load
from processors.registry import Registry
from processors.sites import TICK_MS, Sites
from processors.vehicles import Vehicles


def all_processors(tick_ms: int = TICK_MS) -> list[Processor[Any, Any]]:
    """One of each, in the order in which a start brings them up."""
    return [Registry(), Vehicles(), Sites(tick_ms), Load()]


def processor_named(name: str, tick_ms: int = TICK_MS) -> Processor[Any, Any]:
    """The processor with this name."""
    return next(processor for processor in all_processors(tick_ms) if processor.name == name)
