"""`./commonwatt bench NAME`: measurements, each beside a peer or a floor in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

REPORT = Annotated[Path | None, typer.Option(help="Write the figures there as JSON.")]

bench = typer.Typer(help="Measure, beside a peer or a floor in the same run.", no_args_is_help=True)


@bench.callback()
def _bench() -> None:
    """Hold the benchmarks."""


@bench.command("log")
def log(report: REPORT = None) -> None:
    """Appends a second of the log with 1, 50 and 500 callers, beside a bare sqlite3 loop of the same durability."""
    from benchmarks.log import run

    run(report)
