"""`serve telemetry`: a worker that keeps the inputs' readings and meter values in the time series, on Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from adapters.log.kafka.settings import KafkaSettings
    from services.databases import Series

DATA = Annotated[Path, typer.Option(help="The folder of the time series, where COMMONWATT_TIME_SERIES_URL names none.")]
METRICS_PORT = Annotated[int | None, typer.Option(min=1, max=65535, help="Tell Prometheus on this port of 127.0.0.1.")]


def telemetry(data: DATA = Path("data"), metrics_port: METRICS_PORT = None) -> None:
    """Keep what vehicles and chargers tell as time series; as many of these as you like share the partitions.

    COMMONWATT_KAFKA_ names the brokers (docs/kafka.md), COMMONWATT_TIME_SERIES_URL the QuestDB.
    """
    from services.worker import serve_worker

    serve_worker(lambda settings, databases: run(settings, databases.open_series(data)), metrics_port)


async def run(settings: KafkaSettings, series: Series) -> None:
    """Work until SIGTERM. Raises `LogError` where the topics are not as they must be."""
    import asyncio

    from adapters import faust_host
    from adapters.clock import SystemClock
    from adapters.log.kafka.log import KafkaLog
    from adapters.timeseries.dead_letters import keeper
    from adapters.timeseries.keeping import TELLINGS
    from adapters.timeseries.worker import Pruner
    from services.worker import stopping

    log, clock = KafkaLog.open(settings), SystemClock()
    try:
        keeps = {telling.topic: keeper(log, series, clock, telling) for telling in TELLINGS}
        async with asyncio.TaskGroup() as tasks:
            pruning = tasks.create_task(Pruner(series, clock).run())
            await faust_host.run(faust_host.worker(settings, "telemetry", keeps), stopping())
            pruning.cancel()
    finally:
        await log.close()
        series.close()
