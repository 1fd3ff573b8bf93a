"""`./commonwatt serve`: the platform alone, everything in one process."""

from __future__ import annotations

import signal
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.platform import Settings


class ClockKind(StrEnum):
    system = "system"
    simulated = "simulated"


DATA = Annotated[Path, typer.Option(help="The folder for the log, the vault and the read models.")]
PORT = Annotated[int, typer.Option(min=0, max=65535, help="Port of the REST API; 0: a free one.")]
OCPP_PORT = Annotated[int, typer.Option(min=0, max=65535, help="Port for chargers (OCPP 1.6J); 0: a free one.")]
CLOCK = Annotated[ClockKind, typer.Option(help="simulated: time moves by a control socket only, for simulations.")]
START = Annotated[
    str | None, typer.Option(help="When simulated time starts (ISO 8601 with offset), unless the log is later.")
]
CONTROL_PORT = Annotated[int, typer.Option(min=0, max=65535, help="Port of simulated time's control; 0: a free one.")]
TICK = Annotated[int, typer.Option(min=30, max=60, help="Seconds between two schedules of a site with cars.")]


def serve(
    data: DATA = Path("data"),
    port: PORT = 8000,
    ocpp_port: OCPP_PORT = 9000,
    clock: CLOCK = ClockKind.system,
    start: START = None,
    control_port: CONTROL_PORT = 0,
    tick_s: TICK = 30,
) -> None:
    """Run the platform. The first start prints the operator's address and password, once.

    COMMONWATT_READ_MODELS_URL and COMMONWATT_VAULT_URL name PostgreSQL databases to use instead of files,
    COMMONWATT_TIME_SERIES_URL a QuestDB.
    """
    import asyncio

    import uvloop

    from services.databases import Databases, SettingsError
    from services.platform import Settings

    starts_at_ms = None
    if clock is ClockKind.simulated:
        starts_at_ms = _ms(start)
    try:
        databases = Databases.from_settings()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    settings = Settings(data, databases, port, ocpp_port, starts_at_ms, control_port, tick_s)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        raise typer.Exit(runner.run(_serve(settings)))


def _ms(start: str | None) -> int:
    try:
        moment = datetime.fromisoformat(start or "")
    except ValueError:
        raise typer.BadParameter(
            "--clock simulated needs --start with a date and time, e.g. 2019-03-08T04:00-08:00"
        ) from None
    if moment.tzinfo is None:
        raise typer.BadParameter("--start needs an offset from UTC, e.g. 2019-03-08T04:00-08:00")
    return int(moment.timestamp() * 1000)


async def _serve(settings: Settings) -> int:
    from adapters.vault_keys import VaultError
    from commands.ports import DatabaseUnavailable, LogError
    from projections.progress import Superseded
    from services.databases import SettingsError
    from services.logging import configure

    configure()
    failures: list[str] = []
    try:
        await _run(settings)
    except* LogError as errors:
        without = "The log can't be used, and nothing was acknowledged without it"
        failures += [f"{without}: {error}" for error in errors.exceptions]
    except* (SettingsError, VaultError, DatabaseUnavailable, Superseded) as errors:
        failures += [str(error) for error in errors.exceptions]
    for failure in failures:
        typer.echo(failure, err=True)
    return 1 if failures else 0


async def _run(settings: Settings) -> None:
    """Serve until told to stop; what was accepted by then is finished."""
    import asyncio

    from services.first_start import tell_first_operator
    from services.platform import opened

    async with opened(settings) as platform:
        await tell_first_operator(platform.log, platform.vault, platform.clock.now_ms())
        running = asyncio.create_task(platform.run())
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            typer.echo("stopped")
