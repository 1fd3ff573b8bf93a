"""The proof of the demo: a fresh process decides everything again, on a copy of the log without states."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.log.sqlite.copying import copy_without_states
from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.sizes import log_bytes
from commands.log import topics
from domain.records import TYPES, Decision
from processors.engine.history import records_of
from services.base.logs import AnyLog

ROOT = Path(__file__).resolve().parents[2]


def prove(data: Path, copy: Path) -> dict[str, Any]:
    """Count the records on the log, and replay a copy of it without states from the first input."""
    copy_without_states(data, copy)
    replay = replayed(copy, dict(os.environ))
    return counted(lambda: SqliteLog.open(copy, read_only=True)) | replay | {"log_bytes": log_bytes(data)}


def replayed(data: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """The outcome and the output of a replay by a fresh process; `environment` names the log."""
    command = [sys.executable, "-m", "services.cli", "replay", "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return {"replay_equal": done.returncode == 0, "replay_said": done.stdout + done.stderr}


def counted(open_log: Callable[[], AnyLog]) -> dict[str, Any]:
    """Inputs and events on the log, and how many of the events are decisions."""
    return asyncio.run(_counts(open_log))


async def _counts(open_log: Callable[[], AnyLog]) -> dict[str, Any]:
    log = open_log()
    try:
        inputs = [await _types(log, topics.inputs(name)) for name in topics.PROCESSORS]
        events = await _types(log, topics.EVENTS)
    finally:
        await log.close()
    decisions = sum(1 for name in events if issubclass(TYPES[name], Decision))
    return {"inputs": sum(map(len, inputs)), "events": len(events), "decisions": decisions}


async def _types(log: AnyLog, topic: str) -> list[str]:
    return [
        record.type
        for partition in range(log.partitions(topic))
        async for _, record in records_of(log, topic, partition)
    ]
