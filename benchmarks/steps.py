"""The processor time of deciding the inputs of a recorded log: the limit of one worker, of one partition.

Every input is read, stepped, and its state written as if it were committed alone: a batch writes each state once, so
this is the most that it costs. The floor is to read the input. Broker and disk are not in it.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import Counter
from pathlib import Path
from time import process_time_ns
from typing import Any

from rich.console import Console
from rich.table import Table

from commands.log import topics
from commands.log.codec import decode
from commands.ports.log import Log
from processors.engine.history import stored_of
from processors.engine.outputs import outputs_of
from processors.engine.processor import Processor
from processors.engine.stream import StreamState, dump_state, fresh, step
from services.base.logs import existing_log
from services.composition.processors import all_processors


async def measure(log: Log) -> list[dict[str, Any]]:
    """A row for each processor with inputs. An input that parked its stream raises again."""
    return [row for processor in all_processors() if (row := await _measured(log, processor))]


async def _measured(log: Log, processor: Processor[Any, Any]) -> dict[str, Any] | None:
    topic = topics.inputs(processor.name)
    states: dict[str, StreamState[Any, Any]] = {}
    spent_ns: Counter[str] = Counter()
    inputs: Counter[str] = Counter()
    steps_us: list[float] = []
    read_ns = most_bytes = 0
    for partition in range(log.partitions(topic)):
        async for stored in stored_of(log, topic, partition):
            begin_ns = process_time_ns()
            given = decode(stored.body)
            read_ns += process_time_ns() - begin_ns
            done = step(processor, states.get(given.stream) or fresh(processor, given.stream), given, "bench")
            outputs_of(processor, given.stream, done)
            most_bytes = max(most_bytes, len(dump_state(processor, done.after)))
            took_ns = process_time_ns() - begin_ns
            states[given.stream] = done.after
            spent_ns[given.stream] += took_ns
            inputs[given.stream] += 1
            steps_us.append(took_ns / 1000)
    if not steps_us:
        return None
    busiest, busiest_ns = spent_ns.most_common(1)[0]
    return {
        "processor": processor.name,
        "inputs": len(steps_us),
        "mean_us": round(statistics.fmean(steps_us), 1),
        "p99_us": round(sorted(steps_us)[len(steps_us) * 99 // 100], 1),
        "read_us": round(read_ns / 1000 / len(steps_us), 1),
        "cpu_s": round(sum(steps_us) / 1e6, 3),
        "streams": len(states),
        "busiest": {"stream": busiest, "inputs": inputs[busiest], "cpu_s": round(busiest_ns / 1e9, 3)},
        "state_bytes_max": most_bytes,
    }


def show(rows: list[dict[str, Any]]) -> None:
    table = Table(title="What an input costs to decide, in processor time")
    names = ("processor", "inputs", "mean_us", "p99_us", "read_us", "cpu_s", "streams", "state_bytes_max")
    for name in names:
        table.add_column(name.replace("_", " "), justify="left" if name == "processor" else "right")
    for row in rows:
        table.add_row(row["processor"], *(f"{row[name]:,}" for name in names[1:]))
    Console().print(table)


def run(data: Path, report: Path | None = None) -> list[dict[str, Any]]:
    """Measure, print a table, write the numbers to `report`, and return them. Raises `LogError`."""
    rows = asyncio.run(_on_log(data))
    show(rows)
    if report:
        report.write_text(json.dumps(rows, indent=2) + "\n")
    return rows


async def _on_log(data: Path) -> list[dict[str, Any]]:
    log = existing_log(data, read_only=True)
    try:
        return await measure(log)
    finally:
        await log.close()
