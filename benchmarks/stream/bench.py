"""Records a second and waits of our host on Kafka, beside Quix Streams and a bare loop.

Throughput is a backlog, appeared at once, until its last output can be read; a wait is from an input's due append, at a
rate far below saturation, until its output can be read, both by a reader of committed records. First each engine's
settings are tried; then the best for throughput and the best for waits are measured by turns with the others.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.table import Table

from adapters.log.kafka.topics import make_topics
from benchmarks import quix
from benchmarks.log import DISK
from benchmarks.stream.job import INPUTS, OUTPUTS, STATES, Job
from benchmarks.stream.traffic import KEYS, PARTITIONS, RATE_S, Traffic
from benchmarks.stream.workers import working
from commands.log import topics
from services.local.broker import running

BACKLOG = {20: 20_000, 20_000: 10_000}
"""Bytes of a state -> inputs a turn."""
PACED = 400
WARM_UP = 4 * KEYS
ROUNDS = 5
COMMIT_INTERVALS_S = (0.005, 0.05, 0.5)
LINGERS_MS = (0, 5)

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "commonwatt": [{}],  # as it comes
    "quix": [
        {"commit_interval_s": interval_s, "linger_ms": linger_ms}
        for interval_s, linger_ms in product(COMMIT_INTERVALS_S, LINGERS_MS)
    ],
    "raw": [
        {"batch": 500, "linger_ms": 0, "every_state": False},
        {"batch": 500, "linger_ms": 5, "every_state": False},
        {"batch": 2000, "linger_ms": 5, "every_state": False},
        {"batch": 500, "linger_ms": 5, "every_state": True},
    ],
}


@dataclass(slots=True)
class Measured:
    """The results of the turns of one job."""

    job: Job
    rates: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    inputs: int = 0
    outputs: int = 0
    exactly_once: bool = False

    def drain(self, traffic: Traffic) -> None:
        self.rates.append(traffic.backlog(BACKLOG[self.job.state_bytes]))

    def wait(self, traffic: Traffic) -> None:
        percentiles = statistics.quantiles(traffic.paced(PACED), n=100)
        self.p50_ms.append(percentiles[49])
        self.p99_ms.append(percentiles[98])

    def count(self, inputs: int, outputs: Counter[str]) -> None:
        """Record the number of inputs, and the outputs of each."""
        self.inputs, self.outputs = inputs, outputs.total()
        self.exactly_once = len(outputs) == outputs.total() == inputs

    def to_json(self) -> dict[str, Any]:
        """The median turn, and whether every input of the job had exactly one output."""
        return {
            "engine": self.job.engine,
            "state_bytes": self.job.state_bytes,
            "settings": self.job.settings,
            "records_s": round(statistics.median(self.rates)) if self.rates else None,
            "p50_ms": round(statistics.median(self.p50_ms), 2) if self.p50_ms else None,
            "p99_ms": round(statistics.median(self.p99_ms), 2) if self.p99_ms else None,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "exactly_once": self.exactly_once,
        }


class Bench:
    """One broker; each job has topics of its own on it."""

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers
        self._admin = AdminClient({"bootstrap.servers": brokers, "log_level": 2})
        self._jobs = 0

    def cells(self, state_bytes: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """A cell of each engine, and the measurements by which its settings were chosen."""
        tried = {engine: self._tried(engine, state_bytes) for engine in SETTINGS}
        with ExitStack() as stack:
            drained = {engine: self._measured(fastest(found), stack) for engine, found in tried.items()}
            waited = {
                engine: drained[engine]
                if promptest(found) is fastest(found)
                else self._measured(promptest(found), stack)
                for engine, found in tried.items()
            }
            for _ in range(ROUNDS):
                for engine in SETTINGS:
                    measured, traffic = drained[engine]
                    measured.drain(traffic)
                    measured, traffic = waited[engine]
                    measured.wait(traffic)
        cells = [cell(drained[engine][0].to_json(), waited[engine][0].to_json()) for engine in SETTINGS]
        return cells, [one.to_json() for found in tried.values() if len(found) > 1 for one in found]

    def _tried(self, engine: str, state_bytes: int) -> list[Measured]:
        """Every setting in a turn; where there is one only, nothing needs to be tried."""
        tried = [self._job(engine, state_bytes, settings) for settings in SETTINGS[engine]]
        if len(tried) > 1:
            for measured in tried:
                with self._working(measured) as traffic:
                    measured.drain(traffic)
                    measured.wait(traffic)
        return tried

    def _measured(self, chosen: Measured, stack: ExitStack) -> tuple[Measured, Traffic]:
        """A worker with the settings that were chosen, for the rounds."""
        job = chosen.job
        measured = self._job(job.engine, job.state_bytes, job.settings)
        return measured, stack.enter_context(self._working(measured))

    def _job(self, engine: str, state_bytes: int, settings: dict[str, Any]) -> Measured:
        self._jobs += 1
        return Measured(Job(engine, self._brokers, f"{engine}-{self._jobs}.", state_bytes, settings))

    @contextmanager
    def _working(self, measured: Measured) -> Iterator[Traffic]:
        """A warm worker, whose outputs are counted at its end."""
        job = measured.job
        names = topics.ON_BROKERS if job.engine == "commonwatt" else (INPUTS, OUTPUTS, STATES)
        make_topics(self._admin, job.prefix, PARTITIONS, 1, names)
        with working(job.engine, job.to_json()) as worker:
            traffic = Traffic(job, worker.check)
            traffic.backlog(WARM_UP)
            yield traffic
            measured.count(traffic.sent, traffic.outputs())
            traffic.close()


def fastest(tried: Sequence[Measured]) -> Measured:
    return max(tried, key=lambda one: sum(one.rates))


def promptest(tried: Sequence[Measured]) -> Measured:
    return min(tried, key=lambda one: sum(one.p50_ms))


def cell(drained: dict[str, Any], waited: dict[str, Any]) -> dict[str, Any]:
    """An engine at its best in each, though no one setting of it may be the best in both."""
    same = drained is waited or drained == waited
    counted = [drained] if same else [drained, waited]
    return {
        "engine": drained["engine"],
        "state_bytes": drained["state_bytes"],
        "records_s": drained["records_s"],
        "p50_ms": waited["p50_ms"],
        "p99_ms": waited["p99_ms"],
        "settings": {"throughput": drained["settings"], "waits": waited["settings"]},
        "inputs": sum(one["inputs"] for one in counted),
        "outputs": sum(one["outputs"] for one in counted),
        "exactly_once": all(one["exactly_once"] for one in counted),
    }


def ratios(cells: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Ours to the others', for each size of states."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    of = {(one["engine"], one["state_bytes"]): one for one in cells}
    for state_bytes in BACKLOG:
        ours, peer, floor = (of[engine, state_bytes] for engine in ("commonwatt", "quix", "raw"))
        found[str(state_bytes)] = {
            "records_s_to_quix": round(ours["records_s"] / peer["records_s"], 2),
            "p50_to_quix": round(ours["p50_ms"] / peer["p50_ms"], 2),
            "records_s_to_raw": round(ours["records_s"] / floor["records_s"], 2),
        }
    return dict(found)


def measure(brokers: str) -> dict[str, Any]:
    """All engines and both sizes, on one broker."""
    cells, tried = [], []
    bench = Bench(brokers)
    for state_bytes in BACKLOG:
        print(f"states of {state_bytes:,} bytes ...", file=sys.stderr)
        found, on_the_way = bench.cells(state_bytes)
        cells += found
        tried += on_the_way
    return {
        "cells": cells,
        "ratios": ratios(cells),
        "exactly_once": all(one["exactly_once"] for one in [*cells, *tried]),
        "keys": KEYS,
        "partitions": PARTITIONS,
        "rounds": ROUNDS,
        "backlog_inputs": BACKLOG,
        "paced_inputs": PACED,
        "paced_rate_s": RATE_S,
        "tried": tried,
    }


def show(found: dict[str, Any]) -> None:
    table = Table(title=f"Through one Kafka broker; waits at {found['paced_rate_s']} records/s")
    for column in ("engine", "state bytes", "records/s", "p50 ms", "p99 ms"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    for one in found["cells"]:
        numbers = (one[name] for name in ("state_bytes", "records_s", "p50_ms", "p99_ms"))
        table.add_row(one["engine"], *(f"{number:,}" for number in numbers))
    table.caption = "one output an input" if found["exactly_once"] else "NOT exactly one output an input"
    Console().print(table)


def run(report: Path | None = None) -> dict[str, Any]:
    """Measure, print a table, write the numbers to `report`, and return them."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-", dir=DISK if DISK.is_dir() else None) as folder:
        quix.python()
        with running(Path(folder) / "kafka") as broker:
            found = measure(broker.address)
    show(found)
    if report:
        report.write_text(json.dumps(found, indent=2) + "\n")
    return found
