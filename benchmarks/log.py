"""Durable appends a second of the SQLite log, beside the least that SQLite needs for them.

The yardstick is a bare loop: one insert of the same body a commit, of the same durability (WAL, synchronous=FULL),
in the same run and by turns, so that other load of the machine affects both alike.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from adapters.log.sqlite.log import SqliteLog
from commands.ports.log import Entry

CALLERS = (1, 50, 500)
ROUNDS = 20
BARE_S = 0.1
LOG_S = 0.2
BODY_BYTES = 400
TOPIC = "events"
DISK = Path("/var/tmp")  # /tmp may be memory


@dataclass(slots=True)
class Measured:
    """The sum of a number of turns, and the rate of each."""

    appends: int = 0
    spent_s: float = 0.0
    rates: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)

    def add(self, appends: int, spent_s: float) -> None:
        self.appends += appends
        self.spent_s += spent_s
        self.rates.append(appends / spent_s)

    @property
    def appends_s(self) -> float:
        return self.appends / self.spent_s


class Bodies:
    """Bodies of one size, no two alike."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._filling = b"x" * (BODY_BYTES - 12)

    def next(self) -> bytes:
        return b"%012d" % next(self._numbers) + self._filling


class Bare:
    """The yardstick: a bare loop."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE bare (offset INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)")

    def run(self, bodies: Bodies, measured: Measured) -> None:
        start = perf_counter()
        appends = 0
        while (spent_s := perf_counter() - start) < BARE_S:
            self._connection.execute("INSERT INTO bare (body) VALUES (?)", (bodies.next(),))
            appends += 1
        measured.add(appends, spent_s)

    def close(self) -> None:
        self._connection.close()


async def append_for_a_while(log: SqliteLog, callers: int, bodies: Bodies, measured: Measured) -> list[bytes]:
    """Let `callers` append, each one record after another; returns what was acknowledged."""
    acknowledged: list[bytes] = []
    start = perf_counter()

    async def call(key: str) -> None:
        while (begun := perf_counter()) - start < LOG_S:
            body = bodies.next()
            await log.append(TOPIC, [Entry(key, body)])
            measured.waits_ms.append((perf_counter() - begun) * 1000)
            acknowledged.append(body)

    await asyncio.gather(*(call(f"caller-{number}") for number in range(callers)))
    measured.add(len(acknowledged), perf_counter() - start)
    return acknowledged


async def read_back(log: SqliteLog, acknowledged: Sequence[bytes]) -> bool:
    """Whether all that was acknowledged is there, once, and nothing else."""
    found: Counter[bytes] = Counter()
    for partition in range(log.partitions(TOPIC)):
        after = 0
        while page := await log.read(TOPIC, partition, after):
            found.update(stored.body for stored in page)
            after = page[-1].position.offset
    return found == Counter(acknowledged)


async def measure(folder: Path) -> dict[str, Any]:
    """Turn about: the bare loop, then the log, for each number of callers."""
    bodies, bare = Bodies(), Bare(folder)
    log = SqliteLog.open(folder)
    acknowledged: list[bytes] = []
    bare_total = Measured()
    cells: list[dict[str, float]] = []
    for callers in CALLERS:
        yardstick, measured = Measured(), Measured()
        for _ in range(ROUNDS):
            bare.run(bodies, yardstick)
            acknowledged += await append_for_a_while(log, callers, bodies, measured)
        bare_total.add(yardstick.appends, yardstick.spent_s)
        cells.append(cell(callers, measured, yardstick))
    await log.close()
    bare.close()

    log = SqliteLog.open(folder)
    all_there = await read_back(log, acknowledged)
    await log.close()
    return {
        "bare_appends_s": round(bare_total.appends_s),
        "cells": cells,
        "appended": len(acknowledged),
        "read_back": all_there,
    }


def cell(callers: int, measured: Measured, yardstick: Measured) -> dict[str, float]:
    """The ratio is the median over the turns, each held against the bare turn before it."""
    percentiles = statistics.quantiles(measured.waits_ms, n=100)
    ratios = [rate / bare for rate, bare in zip(measured.rates, yardstick.rates, strict=True)]
    return {
        "callers": callers,
        "appends_s": round(measured.appends_s),
        "ratio_to_bare": round(statistics.median(ratios), 2),
        "p50_ms": round(percentiles[49], 3),
        "p99_ms": round(percentiles[98], 3),
    }


def show(found: dict[str, Any]) -> None:
    columns = ("callers", "appends_s", "ratio_to_bare", "p50_ms", "p99_ms")
    table = Table(title=f"The SQLite log, beside a bare loop with {found['bare_appends_s']:,} appends/s")
    for column in columns:
        table.add_column(column, justify="right")
    for measured in found["cells"]:
        table.add_row(*(f"{measured[column]:,}" for column in columns))
    verdict = "all read back, each once" if found["read_back"] else "NOT all read back exactly once"
    table.caption = f"{found['appended']:,} appended; {verdict}"
    Console().print(table)


def run(report: Path | None = None) -> dict[str, Any]:
    """Measure, print a table, write the numbers to `report`, and return them."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-", dir=DISK if DISK.is_dir() else None) as folder:
        found = uvloop.run(measure(Path(folder)))  # as the server does
    show(found)
    if report:
        report.write_text(json.dumps(found, indent=2) + "\n")
    return found


def main(report: Annotated[Path | None, typer.Option(help="where to write the numbers, as JSON")] = None) -> None:
    """Measure the log; fails where a record did not read back exactly once."""
    if not run(report)["read_back"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
