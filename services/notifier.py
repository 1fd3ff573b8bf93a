"""`serve notifier`: a worker that tells people what happened, on Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from adapters.log.kafka.settings import KafkaSettings
    from services.databases import Databases

DATA = Annotated[Path, typer.Option(help="The folder of the vault's key, and of databases that no setting names.")]
METRICS_PORT = Annotated[int | None, typer.Option(min=1, max=65535, help="Tell Prometheus on this port of 127.0.0.1.")]


def notifier(data: DATA = Path("data"), metrics_port: METRICS_PORT = None) -> None:
    """Deliver notifications to where users want them; as many of these as you like share the work.

    COMMONWATT_KAFKA_ names the brokers (docs/kafka.md), COMMONWATT_NOTIFY_SERVICES the services that are allowed.
    """
    from services.worker import serve_worker

    serve_worker(lambda settings, databases: run(settings, databases, data), metrics_port)


async def run(settings: KafkaSettings, databases: Databases, data: Path) -> None:
    """Work until SIGTERM. Raises what the databases and the log raise where they can't be used."""
    import asyncio
    from contextlib import AsyncExitStack

    from adapters import faust_host
    from adapters.clock import SystemClock
    from adapters.log.kafka.log import KafkaLog
    from adapters.notify.notifier import Notifier
    from commands.topics import EVENTS
    from services.recipients import recipients
    from services.worker import stopping

    async with AsyncExitStack() as closing:
        log = KafkaLog.open(settings)
        closing.push_async_callback(log.close)
        vault = databases.open_vault(data)
        closing.callback(vault.close)
        read_models = databases.open_read_models(data)
        closing.callback(read_models.close)
        outbox = databases.open_outbox(data)
        closing.callback(outbox.close)
        telling = Notifier(log, SystemClock(), outbox, vault.channels, recipients(read_models))
        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(telling.deliver())
            await faust_host.run(faust_host.worker(settings, "notifier", {EVENTS: telling.take}), stopping())
            delivering.cancel()
