"""`./commonwatt bench NAME`: measurements, each beside a peer or a floor in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.base.interruption import raise_on_signals

REPORT = Annotated[Path | None, typer.Option(help="Write the figures to this file, as JSON.")]
SITES = Annotated[int, typer.Option(min=1, max=200, help="Number of sites, with four chargers each.")]
RATE = Annotated[int, typer.Option(min=1, max=1000, help="Requests a second.")]
QUEUE = Annotated[int, typer.Option(min=0, max=1000, help="Cars in the queue of each site before the measurement.")]
DATA = Annotated[Path, typer.Option(help="Folder of the log.")]
DISTRIBUTED = Annotated[
    bool, typer.Option("--distributed", help="Measure a cluster on this machine, with one worker of each service.")
]
MINUTES = Annotated[int, typer.Option(min=1, max=600, help="How long the faults last.")]
SEED = Annotated[int, typer.Option(help="Seed of the faults: which, where and when.")]
DAYS = Annotated[int, typer.Option(min=1, help="Days of each cell, each with a seed of its own.")]
CASE = Annotated[list[str] | None, typer.Option(help="Only this case; may be given several times.")]
BROKERS = Annotated[
    int, typer.Option(min=1, max=5, help="Number of Kafka brokers; each crashes or restarts once if there are three.")
]
KEPT = Annotated[
    Path | None, typer.Option("--data", help="Keep the data of the cluster in this folder; else they are removed.")
]

bench = typer.Typer(help="Measure beside a peer or a floor in the same run.", no_args_is_help=True)


@bench.callback()
def _bench() -> None:
    """Group of the benchmarks. SIGTERM and SIGINT end one and its servers, in the background too."""
    raise_on_signals()


@bench.command("log")
def log(report: REPORT = None) -> None:
    """Measure appends a second to the SQLite log with 1, 50 and 500 callers, beside a bare sqlite3 loop."""
    from benchmarks.log import run

    run(report)


@bench.command("safety")
def safety(report: REPORT = None, days: DAYS = 5, seed: SEED = 1, case: CASE = None) -> None:
    """Measure overloads and energy of a site in virtual time: faults and odd chargers, beside a naive control."""
    from benchmarks.safety import CASES, run

    if unknown := [name for name in case or () if name not in CASES]:
        raise typer.BadParameter(f"--case: {unknown[0]!r} is none of {', '.join(CASES)}")
    cells = run(days, seed, case or tuple(CASES), report)
    if any(cell["overload_s"] or cell["outlets_stuck"] for cell in cells):
        raise typer.Exit(1)


@bench.command("request")
def request(
    report: REPORT = None, sites: SITES = 20, queue: QUEUE = 20, rate: RATE = 100, distributed: DISTRIBUTED = False
) -> None:
    """Measure the time from a session request until its decision can be read, at a rate of requests."""
    if distributed:
        from benchmarks.request_distributed import run
    else:
        from benchmarks.request import run
    from benchmarks.request import Workload

    if run(Workload(rate, sites, queue), report)["errors"]:
        raise typer.Exit(1)


@bench.command("stream")
def stream(report: REPORT = None) -> None:
    """Measure throughput and waits of the host on Kafka, beside Quix Streams and a bare transactional loop."""
    from benchmarks.stream.bench import run

    if not run(report)["exactly_once"]:
        raise typer.Exit(1)


@bench.command("series")
def series(report: REPORT = None) -> None:
    """Measure the cost of writing meter values, by the size of a batch, to QuestDB and to the embedded file."""
    from benchmarks.series import run
    from services.local.java_server import JavaServerError

    try:
        run(report)
    except JavaServerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@bench.command("steps")
def steps(data: DATA = Path("data"), report: REPORT = None) -> None:
    """Measure the processor time of deciding each input of a recorded log, beside that of reading it."""
    from benchmarks.steps import run
    from commands.ports.log import LogError

    try:
        run(data, report)
    except LogError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@bench.command("chaos")
def chaos(
    report: REPORT = None, minutes: MINUTES = 20, seed: SEED = 1, data: KEPT = None, brokers: BROKERS = 1
) -> None:
    """Check that nothing acknowledged is lost while services are killed and halted and servers restart.

    Exits with 1 if anything is lost, doubled, or differs from the log.
    """
    from benchmarks.chaos.bench import run
    from commands.ports.log import LogError
    from services.local.cluster_run import NotReady
    from services.local.cluster_servers import NoServers

    try:
        found = run(report, minutes, seed, data, brokers)
    except (NoServers, NotReady, LogError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if not found["ok"]:
        raise typer.Exit(1)
