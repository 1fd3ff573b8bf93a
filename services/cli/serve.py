"""`./commonwatt serve`: all in one process; `serve NAME`: one service of a platform of many processes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

serve = typer.Typer(help="Run the platform in one process, or one service of it.", invoke_without_command=True)


class ClockKind(StrEnum):
    system = "system"
    simulated = "simulated"


class ProcessorName(StrEnum):
    registry = "registry"
    vehicles = "vehicles"
    sites = "sites"
    load = "load"


def _port(help: str) -> Any:
    return typer.Option(min=0, max=65535, help=f"{help}; 0: a free one.", show_default=False)


DATA = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the vault's key, and of every file that no setting replaces (COMMONWATT_DATA; else data)."
    ),
]
HOST = Annotated[str | None, typer.Option(help="Address to listen on (COMMONWATT_HOST; else 127.0.0.1).")]
PORT = Annotated[int | None, _port("Port of the REST API (COMMONWATT_API_PORT; else 8000)")]
OCPP_PORT = Annotated[int | None, _port("Port for chargers, OCPP 1.6J (COMMONWATT_OCPP_PORT; else 9000)")]
HEALTH_PORT = Annotated[int | None, _port("Port of /livez, /readyz and /metrics (COMMONWATT_HEALTH_PORT)")]
CLOCK = Annotated[ClockKind, typer.Option(help="With `simulated`, only a control socket moves time.")]
START = Annotated[
    str | None, typer.Option(help="Start of simulated time (ISO 8601 with offset), unless the log is later.")
]
CONTROL_PORT = Annotated[int, typer.Option(min=0, max=65535, help="Port of the control socket; 0: a free one.")]
TICK = Annotated[
    int | None,
    typer.Option(
        min=30, max=60, help="Seconds between two schedules of a site with cars (COMMONWATT_TICK_S; else 30)."
    ),
]
NAME = Annotated[ProcessorName, typer.Argument(help="Name of the processor.")]


@serve.callback()
def all_in_one(
    context: typer.Context,
    data: DATA = None,
    host: HOST = None,
    port: PORT = None,
    ocpp_port: OCPP_PORT = None,
    clock: CLOCK = ClockKind.system,
    start: START = None,
    control_port: CONTROL_PORT = 0,
    tick_s: TICK = None,
) -> None:
    """Run the platform in one process; with a COMMAND, one service of it (docs/distributed.md).

    The first start prints the operator's address and password, once. COMMONWATT_READ_MODELS_URL and
    COMMONWATT_VAULT_URL name PostgreSQL databases to use instead of files, COMMONWATT_TIME_SERIES_URL a QuestDB,
    COMMONWATT_KAFKA_BROKERS a Kafka.
    """
    if context.invoked_subcommand is not None:
        return
    starts_at_ms = _ms(start) if clock is ClockKind.simulated else None

    async def service() -> None:
        from services.base.databases import Databases
        from services.base.settings import ProcessSettings
        from services.composition.platform import Simulation, serve

        options = {"data": data, "host": host, "api_port": port, "ocpp_port": ocpp_port, "tick_s": tick_s}
        settings, databases = ProcessSettings.from_settings(options), Databases.from_settings()
        await serve(settings, databases, None if starts_at_ms is None else Simulation(starts_at_ms, control_port))

    _run(service())


@serve.command()
def api(data: DATA = None, host: HOST = None, port: PORT = None) -> None:
    """Answer REST calls and pages. Any number of instances; each awaits decisions on the log."""
    _serve("api", data=data, host=host, api_port=port)


@serve.command()
def gateway(data: DATA = None, host: HOST = None, ocpp_port: OCPP_PORT = None, health_port: HEALTH_PORT = None) -> None:
    """Accept connections of chargers (OCPP 1.6J). Any number of instances; a charger may connect to any."""
    _serve("gateway", data=data, host=host, ocpp_port=ocpp_port, health_port=health_port)


@serve.command()
def processor(
    name: NAME, data: DATA = None, host: HOST = None, health_port: HEALTH_PORT = None, tick_s: TICK = None
) -> None:
    """Decide the inputs of a processor. Its workers share its partitions, at most one worker each."""
    _serve("processor", name.value, data=data, host=host, health_port=health_port, tick_s=tick_s)


@serve.command()
def projector(data: DATA = None, host: HOST = None, health_port: HEALTH_PORT = None) -> None:
    """Apply the events to the read models. One is enough; several do no harm."""
    _serve("projector", data=data, host=host, health_port=health_port)


@serve.command()
def telemetry(data: DATA = None, host: HOST = None, health_port: HEALTH_PORT = None) -> None:
    """Write readings and meter values as time series. Any number of instances; they share the partitions."""
    _serve("telemetry", data=data, host=host, health_port=health_port)


@serve.command()
def notifier(data: DATA = None, host: HOST = None, health_port: HEALTH_PORT = None) -> None:
    """Send notifications to people's channels. Any number of instances; they share the work."""
    _serve("notifier", data=data, host=host, health_port=health_port)


@serve.command()
def timekeeper(data: DATA = None, host: HOST = None, health_port: HEALTH_PORT = None) -> None:
    """Fire the timers of the streams, and watch over the gateways. One is enough; several do no harm."""
    _serve("timekeeper", data=data, host=host, health_port=health_port)


@serve.command()
def clock(
    start: START,
    services: Annotated[
        int, typer.Option(min=1, help="Number of services that follow; time waits until all are connected.")
    ],
    clock_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port for the services (their COMMONWATT_CLOCK).")
    ] = 0,
    control_port: CONTROL_PORT = 0,
    health_port: HEALTH_PORT = None,
) -> None:
    """Coordinate the time of a simulated platform of many processes."""
    starts_at_ms = _ms(start)

    async def process() -> None:
        from services.composition.process import steer

        await steer({"health_port": health_port}, starts_at_ms, clock_port, control_port, services)

    _run(process())


def _serve(service: str, *arguments: str, **options: Any) -> None:
    async def process() -> None:
        from services.composition.process import serve

        await serve(service, arguments, options)

    _run(process())


def _run(service: Any) -> None:
    from services.composition.running import run_to_end

    run_to_end(service)


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
