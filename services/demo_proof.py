"""The demo's proof: a fresh process, on a copy without states, decides everything again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapters.log.copying import copy_without_states
from adapters.log.sqlite import SqliteLog
from commands import topics
from domain.records import TYPES, Decision
from processors.history import records_of

ROOT = Path(__file__).resolve().parent.parent


def prove(data: Path, copy: Path) -> dict[str, Any]:
    """Count what the log holds and replay a copy of it that has no states, from the first input."""
    copy_without_states(data, copy)
    command = [sys.executable, "-m", "services.cli", "replay", "--data", str(copy)]
    replayed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counts = asyncio.run(_counts(copy))
    return counts | {"replay_equal": replayed.returncode == 0, "replay_said": replayed.stdout + replayed.stderr}


async def _counts(data: Path) -> dict[str, Any]:
    """Inputs and events on the log, and how many of the events are decisions."""
    log = SqliteLog.open(data, read_only=True)
    try:
        inputs = [await _types(log, topics.inputs(name)) for name in topics.PROCESSORS]
        events = await _types(log, topics.EVENTS)
    finally:
        await log.close()
    decisions = sum(1 for name in events if issubclass(TYPES[name], Decision))
    return {"inputs": sum(map(len, inputs)), "events": len(events), "decisions": decisions}


async def _types(log: SqliteLog, topic: str) -> list[str]:
    return [
        record.type
        for partition in range(log.partitions(topic))
        async for _, record in records_of(log, topic, partition)
    ]
