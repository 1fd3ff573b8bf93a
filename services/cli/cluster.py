"""`./commonwatt cluster up`: the platform as many processes of this machine, on a real Kafka, PostgreSQL, QuestDB."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

cluster = typer.Typer(help="Run the platform as many processes on this machine, on real servers.", no_args_is_help=True)
DATA = Annotated[Path | None, typer.Option(help="Folder of the servers and services; a temporary one by default.")]
WORKERS = Annotated[int, typer.Option(min=1, max=16, help="Workers of each processor.")]
GATEWAYS = Annotated[int, typer.Option(min=1, max=16, help="Number of gateways; chargers may connect to any.")]
APIS = Annotated[int, typer.Option(min=1, max=16, help="Number of APIs; clients may call any.")]
PARTITIONS = Annotated[int, typer.Option(min=1, max=64, help="Partitions of each topic.")]
BROKERS = Annotated[int, typer.Option(min=1, max=5, help="Number of Kafka brokers; of three, one may fail.")]


@cluster.callback()
def _cluster() -> None:
    """Group of the commands of a cluster."""


@cluster.command()
def up(
    data: DATA = None,
    workers: WORKERS = 2,
    gateways: GATEWAYS = 2,
    apis: APIS = 2,
    partitions: PARTITIONS = 4,
    brokers: BROKERS = 1,
) -> None:
    """Start the servers and every service, and keep them running until Ctrl-C, which stops all of them."""
    from services.local.cluster_run import ClusterOptions, run

    raise typer.Exit(run(ClusterOptions(data, workers, gateways, apis, partitions, brokers)))
