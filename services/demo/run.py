"""The run behind `./commonwatt demo`: a server and a simulated world, each a process; then the proof and the report."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from commands.ports.log import LogError
from services.base.first_start import Operator
from services.demo import progress, report
from services.demo.cluster import DemoCluster
from services.demo.server import DemoServer, log_tail
from services.local.cluster_run import NotReady
from services.local.cluster_servers import NoServers
from services.local.postgres import enterable

ROOT = Path(__file__).resolve().parents[2]
GARAGE = ZoneInfo("America/Los_Angeles")
STARTS_AT = timedelta(hours=-4)
"""From local midnight: early enough to set up and commission before the first car of any day."""
CREDENTIALS_FILE = "operator.json"
DATA = "data"
SITE = "garage"
PATIENCE_S = 60
"""Wall time that the world waits for a server that was killed."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of `./commonwatt demo`."""

    day: str
    limit_kw: float
    noon_limit_kw: float
    garages: int
    """The limits apply to each."""
    speed: float | None
    outages: int
    kills: int
    chargers: list[str] | None
    """Kinds of chargers beside the usual ones, where they are not the default ones."""
    report: Path | None
    keep: bool
    distributed: bool
    workers: int
    """Workers of each processor, if distributed."""


def run(options: DemoOptions) -> int:
    """Run the day, prove it, print and write the report. The exit code is 0 only if every bound held."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    console = Console()
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="commonwatt-demo-"))
    try:
        with _server(options, folder) as server:
            measured = _world(options, folder, server, console)
            console.print("The day is over. A fresh process decides it again from the recorded inputs ...")
            proof = server.prove()
        figures = _figures(measured) | proof
        figures |= {"log": server.log, "kills": server.kills, "wall_s": round(time.monotonic() - started, 1)}
        page = _write(options, folder, figures, measured)
        report.show(console, figures, page)
        return 0 if report.holds(figures) else 1
    except DemoFailed as failed:
        console.print(f"[bold red]The demo stopped:[/] {failed}")
        return 1
    finally:
        if options.keep:
            look = "cluster up" if options.distributed else "replay"
            console.print(f"Kept: {folder / DATA} (try ./commonwatt {look} --data {folder / DATA})")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _on_sigterm(*_: object) -> None:
    """Unwind, so that every process that was started is stopped."""
    raise SystemExit(128 + signal.SIGTERM)


def _figures(measured: dict[str, Any]) -> dict[str, Any]:
    """The headline figures of the world, without its series, lives and ledger."""
    return {name: value for name, value in measured.items() if not isinstance(value, list | dict)}


class DemoFailed(Exception):
    """A part of the demo ended before the day did; the text names it, with the end of its output."""


@contextmanager
def _server(options: DemoOptions, folder: Path) -> Iterator[DemoServer | DemoCluster]:
    """The platform in a process of its own, or in many, on simulated time. Raises `DemoFailed`."""
    begin = datetime.fromisoformat(options.day).replace(tzinfo=GARAGE) + STARTS_AT
    try:
        server = _started(options, folder, begin)
    except (NoServers, NotReady, LogError) as error:
        raise DemoFailed(str(error)) from error
    try:
        _write_credentials(folder, server.operator)
        yield server
    finally:
        server.close()


def _started(options: DemoOptions, folder: Path, begin: datetime) -> DemoServer | DemoCluster:
    if not options.distributed:
        return DemoServer(folder / DATA, begin, options.kills)
    enterable(folder)
    return DemoCluster(folder / DATA, begin, options.kills, options.workers)


def _write_credentials(folder: Path, operator: Operator) -> None:
    """Write the credentials for the simulated world to a file that only this user can read."""
    file = folder / CREDENTIALS_FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(operator)))


def _world(options: DemoOptions, folder: Path, server: DemoServer | DemoCluster, console: Console) -> dict[str, Any]:
    """The simulated world in a process of its own: it knows the server by its sockets and REST only."""
    addresses = server.addresses()
    if addresses is None:
        raise DemoFailed("the server did not start:\n" + server.log_tail())
    credentials = folder / CREDENTIALS_FILE
    operator = json.loads(credentials.read_text())
    where = f"{addresses.api}/sites/{SITE}"
    who = f"log in as {operator['email']} with the password {operator['password']}"
    console.print(f"Watch it: {where} ({who})", soft_wrap=True, highlight=False)
    out = folder / "measured.json"
    command = [
        sys.executable,
        "-m",
        "simulators.scenarios.demo_world",
        "--server",
        addresses.api,
        "--ocpp",
        addresses.ocpp,
    ]
    command += ["--control", addresses.control, "--credentials", str(credentials), "--site", SITE]
    command += ["--day", options.day, "--limit-kw", str(options.limit_kw)]
    command += ["--noon-limit-kw", str(options.noon_limit_kw), "--garages", str(options.garages), "--out", str(out)]
    command += ["--outages", str(options.outages), "--patience", str(PATIENCE_S if options.kills else 0)]
    command += ["--speed", str(options.speed)] if options.speed else []
    command += ["--chargers", *options.chargers] if options.chargers else []
    with (folder / "world.log").open("wb") as errors:
        world = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
    try:
        progress.show(world, console, server.data, server.on_time)
        if world.wait() != 0 or not out.exists():
            raise DemoFailed("the simulated world stopped:\n" + log_tail(folder / "world.log"))
    finally:
        if world.poll() is None:
            world.kill()
            world.wait()
    measured: dict[str, Any] = json.loads(out.read_text())
    return measured


def _write(options: DemoOptions, folder: Path, figures: dict[str, Any], measured: dict[str, Any]) -> Path:
    """Write the figures as JSON if requested, and the page always."""
    target = options.report or Path("commonwatt-demo.json")
    page = target.with_suffix(".html")
    if options.report is not None:
        options.report.write_text(json.dumps(figures, indent=2) + "\n")
    report.write(page, figures, measured)
    return page
