"""Overloads and energy of a site in virtual time, case by case, beside a faultless run and a naive control.

The real rules, gateway and frames among simulated chargers; each day has a seed of its own (`docs/safety.md`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.virtual.plan import DETECTION_S, Plan, Result
from simulators.charger.personality import COMPLIANT, personality

CASES: dict[str, dict[str, Any]] = {
    "loss": {"loss": 0.02, "outages": 6},
    "loss more": {"loss": 0.05, "outages": 24},
    "liars": {"characters": (COMPLIANT, COMPLIANT, personality("liar"), COMPLIANT, COMPLIANT)},
    "drop_profile": {"characters": (COMPLIANT, personality("drops_profile")), "outages": 12},
    "watts": {"phases": 3, "characters": (personality("watts_only"), personality("spreads_watts")), "outages": 6},
    "clocks": {"characters": (COMPLIANT, personality("clock_ahead")), "outages": 6},
    "lost_stops": {"characters": (COMPLIANT, personality("loses_stop")), "outages": 6},
    "server_killed": {"kills": 6},
    "uplink_down": {"uplink_outages": 6},
}
SUMS = ("overload_s", "overload_detect_s", "visits", "stuck")


@dataclass(frozen=True, slots=True)
class Task:
    """One day of a cell: with its faults, without them (`faultless`), or under the naive control."""

    case: str
    kind: str
    plan: Plan


def tasks(days: int, seed: int, cases: Sequence[str]) -> Iterator[Task]:
    """All days of all cases; a day's faultless run is shared by the cases with as many phases."""
    for number in range(seed, seed + days):
        for phases in sorted({CASES[case].get("phases", 1) for case in cases}):
            yield Task(f"{phases} phases", "faultless", Plan(number, phases=phases))
        for case in cases:
            plan = replace(Plan(number), **CASES[case])
            yield Task(case, "ours", plan)
            yield Task(case, "naive", plan)


def run_task(task: Task) -> Result:
    """Run one day. The server logs nothing: what it says of every fault is part of the case."""
    import logging

    import structlog

    from services.virtual.run import simulate

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return simulate(task.plan, naive=task.kind == "naive")


def run(
    days: int = 5, seed: int = 1, cases: Sequence[str] = tuple(CASES), report: Path | None = None
) -> list[dict[str, Any]]:
    """Run all cells on all processors, print a table, write the report, and return its cells."""
    planned = list(tasks(days, seed, cases))
    with ProcessPoolExecutor() as pool:
        results = list(zip(planned, pool.map(run_task, planned), strict=True))
    cells = [_cell(case, results) for case in cases]
    _print(cells, days)
    if report is not None:
        report.write_text(json.dumps({"days": days, "seed": seed, "cells": cells}, indent=2) + "\n")
    return cells


def _cell(case: str, results: Sequence[tuple[Task, Result]]) -> dict[str, Any]:
    ours = [result for task, result in results if (task.case, task.kind) == (case, "ours")]
    naive = [result for task, result in results if (task.case, task.kind) == (case, "naive")]
    plan = next(task.plan for task, _ in results if task.case == case)
    faultless = [result for task, result in results if task.case == f"{plan.phases} phases"]
    sums = {name: round(sum(getattr(one, name) for one in ours), 1) for name in SUMS}
    return {
        "case": case,
        "loss_pct": plan.loss * 100,
        "outages": plan.outages,
        **{name: sums[name] for name in ("overload_s", "overload_detect_s")},
        "detection_s": max(one.detection_s for one in ours),
        "detection_allowed_s": DETECTION_S,
        "energy_pct": round(100 * _energy(ours) / _energy(faultless), 2),
        "outlets_stuck": sums["stuck"],
        "visits": sums["visits"],
        "naive_overload_s": round(sum(one.overload_s + one.overload_detect_s for one in naive), 1),
        "naive_energy_pct": round(100 * _energy(naive) / _energy(faultless), 2),
        "days": [asdict(one) for one in ours],
    }


def _energy(results: Sequence[Result]) -> float:
    return sum(one.energy_kwh for one in results)


def _print(cells: Sequence[dict[str, Any]], days: int) -> None:
    columns = [name for name in cells[0] if name != "days"]
    table = Table(*columns, title=f"{days} days a cell")
    for cell in cells:
        table.add_row(*(str(cell[name]) for name in columns))
    Console().print(table)
