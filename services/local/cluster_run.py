"""The run behind `./commonwatt cluster up`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import typer

from commands.ports.log import LogError
from services.base.addresses import HOST
from services.base.first_start import Operator, first_operator
from services.base.interruption import raise_on_signals
from services.local.cluster_servers import NoServers, Servers, running
from services.local.cluster_services import CLOCK, Member, members, simulated
from services.local.postgres import enterable
from services.local.supervisor import Supervisor

STATUS_FILE = "cluster.json"
"""In the folder of the cluster: all addresses, and the process and the cost of each service."""
START_S = 180
POLL_S = 0.2
ANSWER_S = 5.0
EDGES = ("api-", "gateway-")
"""Stopped first, so that what they accepted is decided."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """The options of a cluster; `data` None: a temporary folder."""

    data: Path | None
    workers: int
    gateways: int
    apis: int
    partitions: int
    brokers: int = 1
    starts: datetime | None = None
    """The start of simulated time, which a control socket moves; None: real time."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster whose services all are ready. `operator` None: there are accounts already."""

    folder: Path
    members: Sequence[Member]
    servers: Servers
    supervisor: Supervisor
    operator: Operator | None

    @property
    def apis(self) -> list[str]:
        return [f"http://{HOST}:{one.port}" for one in self.members if one.service.name.startswith("api-")]

    @property
    def control(self) -> str:
        """host:port of a simulation's control socket."""
        return next(f"{HOST}:{one.port}" for one in self.members if one.service.name == CLOCK)

    @property
    def gateways(self) -> list[str]:
        return [f"ws://{HOST}:{one.port}/ocpp" for one in self.members if one.service.name.startswith("gateway-")]


class NotReady(Exception):
    """A service did not become ready; the message names it, with the end of its output."""


def run(options: ClusterOptions) -> int:
    """Start all, print the addresses, and run until SIGINT or SIGTERM. Returns the exit code."""
    raise_on_signals()
    try:
        with up(options) as cluster:
            _print_addresses(cluster)
            while True:
                cluster.supervisor.watch()
                _write(cluster)
                time.sleep(POLL_S)
    except (NoServers, NotReady, LogError) as error:
        typer.echo(str(error), err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo("stopped")
        return 0


@contextmanager
def up(options: ClusterOptions) -> Iterator[Cluster]:
    """A cluster with all services ready. Raises `NoServers`, `NotReady`, `LogError`."""
    with _folder(options.data) as folder, running(folder, options.partitions, options.brokers) as servers:
        data = folder / "data"
        data.mkdir(exist_ok=True)
        operator = _prepared(
            data, servers.settings, time.time() if options.starts is None else options.starts.timestamp()
        )
        who = members(data, servers.settings, options.workers, options.gateways, options.apis)
        if options.starts is not None:
            who = simulated(who, options.starts)
        supervisor = Supervisor([one.service for one in who], folder / "logs")
        cluster = Cluster(folder, who, servers, supervisor, operator)
        try:
            make_ready(cluster)
            yield cluster
        finally:
            stop(cluster)


def stop(cluster: Cluster) -> None:
    """Stop the services, the edges first. The servers keep running."""
    names = [one.service.name for one in cluster.members]
    cluster.supervisor.stop([name for name in names if name.startswith(EDGES)])
    cluster.supervisor.stop([name for name in names if name != CLOCK])
    cluster.supervisor.stop()


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder of the caller, which stays, or a temporary one."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="commonwatt-cluster-"))
    enterable(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(data: Path, settings: Mapping[str, str], now_s: float) -> Operator | None:
    """Bring the vault up to date and make the first operator, before the APIs would."""
    import asyncio

    from services.base.databases import Databases
    from services.base.logs import kafka_log

    async def prepare() -> Operator | None:
        log = kafka_log(settings)
        vault = Databases.of_variables(settings).open_vault(data)
        try:
            return await first_operator(log, vault, round(now_s * 1000))
        finally:
            await log.close()
            vault.close()

    return asyncio.run(prepare())


def make_ready(cluster: Cluster) -> None:
    """Start every service that does not run, and return once all are ready. Raises `NotReady`."""
    until = time.monotonic() + START_S
    waiting = list(cluster.members)
    with httpx.Client(timeout=ANSWER_S) as client:
        while waiting:
            cluster.supervisor.watch()
            waiting = [one for one in waiting if not _is_ready(client, one)]
            if time.monotonic() > until:
                name = waiting[0].service.name
                raise NotReady(f"{name} is not ready after {START_S} s:\n{cluster.supervisor.log_tail(name)}")
            time.sleep(POLL_S)
    _write(cluster)


def _is_ready(client: httpx.Client, member: Member) -> bool:
    try:
        return client.get(f"{member.health}/readyz").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _write(cluster: Cluster) -> None:
    """Write the status file, atomically."""
    pids, costs = cluster.supervisor.pids(), cluster.supervisor.meter.costs()
    services = {
        one.service.name: {"pid": pids[one.service.name], "health": one.health}
        | (costs[one.service.name].to_json() if one.service.name in costs else {})
        for one in cluster.members
    }
    status = {"apis": cluster.apis, "gateways": cluster.gateways, "services": services}
    draft = cluster.folder / f".{STATUS_FILE}"
    draft.write_text(json.dumps(status))
    os.replace(draft, cluster.folder / STATUS_FILE)


def _print_addresses(cluster: Cluster) -> None:
    for what, addresses in (("REST", cluster.apis), ("chargers", cluster.gateways)):
        typer.echo(f"{what}: {' '.join(addresses)}")
    if cluster.operator is not None:
        who = f"{cluster.operator.email} {cluster.operator.password}"
        typer.echo(f"The operator's account, its password shown this once: {who}")
    typer.echo(f"{len(cluster.members)} services run; their output is in {cluster.folder / 'logs'}. Ctrl-C stops all.")
