"""The cost of the time series by the size of a batch: a QuestDB server, beside the embedded file.

A batch has the values that many chargers report in a second, each one value in 30 s; the values advance in time, and
the coarse buckets with them. Each batch is written as a telemetry worker does: rows, buckets and position.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from adapters.timeseries.questdb import QuestDbSeries
from adapters.timeseries.sqlite import SqliteSeries
from commands.ports.series import MeterValue, TimeSeries
from services.base.costs import family_cost
from services.local.questdb import QuestDb

TOPIC = "load.inputs"
TOGETHER = (1, 10, 100, 1000)
"""Meter values in a batch: a second of 30 to 30,000 chargers."""
EVERY_S = 30
OF_A_SITE = 12
BATCHES = 90
"""Three rounds of all chargers: each value but the first finds its minute's others."""
BEGIN_MS = 1_790_000_000_000
COLUMNS = {
    "series": "series",
    "together": "values together",
    "batch_ms": "ms a batch",
    "values_s": "values/s",
    "server_cpu_ms": "server, CPU ms a value",
    "worker_cpu_ms": "worker, CPU ms a value",
}


def batches(together: int) -> Iterator[Sequence[MeterValue]]:
    """The batches of this many values a second, second by second."""
    chargers = together * EVERY_S
    for second in range(BATCHES):
        numbers = range(second * together, (second + 1) * together)
        yield [_value(number % chargers, number, BEGIN_MS + second * 1000) for number in numbers]


def _value(charger: int, number: int, time_ms: int) -> MeterValue:
    site = f"site-{charger // OF_A_SITE}"
    return MeterValue(
        f"m{number}", f"{site}-c{charger}", site, time_ms, (16_000,) * 3, 11_000, number, str(charger), True
    )


def run(report: Path | None = None) -> dict[str, Any]:
    """Measure both, by turns, print a table, write the report, and return it. Raises `JavaServerError`."""
    console = Console()
    with TemporaryDirectory(prefix="commonwatt-") as folder:
        server = QuestDb(Path(folder) / "questdb")
        try:
            server.start()
            measured = [*cells(server, Path(folder))]
        finally:
            server.stop()
    found = {"batches": BATCHES, "every_s": EVERY_S, "of_a_site": OF_A_SITE, "cells": measured}
    show(measured, console)
    if report:
        report.write_text(json.dumps(found, indent=2) + "\n")
    return found


def cells(server: QuestDb, folder: Path) -> Iterator[dict[str, Any]]:
    """Each on tables, and in a file, of its own."""
    for together in TOGETHER:
        questdb = QuestDbSeries.open(server.url, f"bench_{together}_")
        yield {"series": "questdb", **asyncio.run(measure(questdb, together, server.pid))}
        questdb.close()
        home = folder / str(together)
        home.mkdir()
        embedded = SqliteSeries.open(home)
        yield {"series": "sqlite", **asyncio.run(measure(embedded, together))}
        embedded.close()


async def measure(series: TimeSeries, together: int, server: int | None = None) -> dict[str, float]:
    """Write all batches. `server`: the process whose processor time counts apart from the worker's."""
    begin_s, server_s, worker_s = time.perf_counter(), _cpu_s(server), time.process_time()
    for number, rows in enumerate(batches(together), 1):
        await series.write(TOPIC, {0: number}, rows)
    wall_s, values = time.perf_counter() - begin_s, together * BATCHES
    return {
        "together": together,
        "values": values,
        "batch_ms": round(1000 * wall_s / BATCHES, 2),
        "values_s": round(values / wall_s),
        "server_cpu_ms": round(1000 * (_cpu_s(server) - server_s) / values, 3),
        "worker_cpu_ms": round(1000 * (time.process_time() - worker_s) / values, 3),
    }


def _cpu_s(pid: int | None) -> float:
    cost = None if pid is None else family_cost(pid)
    return 0.0 if cost is None else cost.cpu_s


def show(measured: Sequence[Mapping[str, Any]], console: Console) -> None:
    table = Table(title="Meter values into the time series")
    for title in COLUMNS.values():
        table.add_column(title, justify="right")
    for cell in measured:
        table.add_row(*(str(cell[name]) for name in COLUMNS))
    console.print(table)
