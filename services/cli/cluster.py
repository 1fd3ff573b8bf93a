"""`./commonwatt cluster up`: the platform as many processes of this machine, on a real Kafka, PostgreSQL, QuestDB."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

cluster = typer.Typer(help="The platform as many processes on this machine, on real servers.", no_args_is_help=True)
DATA = Annotated[
    Path | None, typer.Option(help="The folder of the servers and services; a temporary one when left out.")
]
WORKERS = Annotated[int, typer.Option(min=1, max=16, help="Of each processor.")]
GATEWAYS = Annotated[int, typer.Option(min=1, max=16, help="Chargers may connect to any.")]
APIS = Annotated[int, typer.Option(min=1, max=16, help="Clients may call any.")]
PARTITIONS = Annotated[int, typer.Option(min=1, max=64, help="Of each topic.")]
BROKERS = Annotated[int, typer.Option(min=1, max=5, help="Of Kafka; of three, one may be away.")]


@cluster.callback()
def _cluster() -> None:
    """Hold the commands of a cluster."""


@cluster.command()
def up(
    data: DATA = None,
    workers: WORKERS = 2,
    gateways: GATEWAYS = 2,
    apis: APIS = 2,
    partitions: PARTITIONS = 4,
    brokers: BROKERS = 1,
) -> None:
    """Start the servers and every service, and keep them running until Ctrl-C. Then no process is left."""
    from services.local.cluster_run import ClusterOptions, run

    raise typer.Exit(run(ClusterOptions(data, workers, gateways, apis, partitions, brokers)))
