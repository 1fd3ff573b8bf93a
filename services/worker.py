"""What every worker on Kafka starts with: settings checked, a clear word where they are wrong, SIGTERM heard."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine

import typer
from prometheus_client import start_http_server
from pydantic import ValidationError

from adapters.log.kafka.settings import KafkaSettings
from adapters.vault_keys import VaultError
from commands.ports import DatabaseUnavailable, LogError
from services.databases import Databases, SettingsError
from services.logging import configure

Run = Callable[[KafkaSettings, Databases], Coroutine[None, None, None]]


def serve_worker(run: Run, metrics_port: int | None) -> None:
    """Run a worker until it is told to stop. Ends with 2 where a setting is wrong, with 1 where nothing can be done."""
    configure()
    try:
        settings, databases = KafkaSettings(), Databases.from_settings()
    except ValidationError as errors:
        for error in errors.errors():
            where = "_".join(map(str, error["loc"])).upper()
            typer.echo(f"COMMONWATT_KAFKA_{where}: {error['msg']}", err=True)
        raise typer.Exit(2) from None
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if metrics_port is not None:
        start_http_server(metrics_port, "127.0.0.1")
    try:
        asyncio.run(run(settings, databases))
    except (LogError, SettingsError, VaultError, DatabaseUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("stopped")


def stopping() -> asyncio.Event:
    """Set once this process is told to stop."""
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    return told
