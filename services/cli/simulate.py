"""`./commonwatt simulate`: simulated chargers and cars beside a running server on real time, or all in virtual time."""

from __future__ import annotations

import signal
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

PASSWORD = "COMMONWATT_PASSWORD"
SERVER = Annotated[str, typer.Option(help="REST address of the server.")]
OCPP = Annotated[str, typer.Option(help="Address for chargers.")]
USER = Annotated[str, typer.Option(help="E-mail address of an operator.")]
PASSWORD_OPTION = Annotated[
    Path | None, typer.Option(help=f"File with the operator's password; by default it is in {PASSWORD}.")
]
CHARGER = Annotated[Path | None, typer.Option(help="Simulate this charger: a file with the answer of POST /chargers.")]
CHARGER_MAX = Annotated[float, typer.Option(min=6, help="Maximum of the charger, in A per phase.")]
VOLTAGE = Annotated[float, typer.Option(min=100, max=400, help="Voltage per phase.")]
PHASES = Annotated[int, typer.Option(min=1, max=3, help="Phases of the charger and the car.")]
TOKEN = Annotated[str | None, typer.Option(help="Token of the car that arrives when the charger is assigned.")]
BATTERY = Annotated[float, typer.Option(min=1, help="Battery of the car in kWh.")]
SOC = Annotated[float, typer.Option(min=0, max=100, help="State of charge at arrival, in %.")]
TARGET_SOC = Annotated[float, typer.Option(min=0, max=100, help="State of charge at which the car leaves, in %.")]
CAR_MAX = Annotated[float, typer.Option(min=6, help="Maximum of the car, in A per phase.")]
COMMISSION = Annotated[bool, typer.Option("--commission", help="Only commission the charger on a test load.")]
ONCE = Annotated[bool, typer.Option("--once", help="End after one car has charged and left.")]
CARS = Annotated[int | None, typer.Option(min=1, help="Simulate a small hub of its own instead, with this many cars.")]
VIRTUAL = Annotated[
    bool, typer.Option("--virtual", help="Run a server, chargers and cars in virtual time, in this process alone.")
]
DAYS = Annotated[float, typer.Option(min=0.01, help="Virtual: how many days pass.")]
SEED = Annotated[int, typer.Option(help="Virtual: everything follows from it.")]
CHARGERS = Annotated[int, typer.Option(min=1, max=200, help="Virtual: how many chargers, at a node of 12 A for each.")]
MIX = Annotated[str, typer.Option(help="Virtual: the chargers' characters and their weights, as obedient=60,liar=5.")]
LOSS = Annotated[float, typer.Option(min=0, max=50, help="Virtual: how many of 100 frames are lost.")]
OUTAGES = Annotated[int, typer.Option(min=0, help="Virtual: how often a day the line of each charger is cut.")]
KILLS = Annotated[int, typer.Option(min=0, help="Virtual: how often a day the server is killed.")]


def simulate(
    server: SERVER = "http://127.0.0.1:8000",
    ocpp: OCPP = "ws://127.0.0.1:9000/ocpp",
    user: USER = "operator@localhost",
    password_file: PASSWORD_OPTION = None,
    charger: CHARGER = None,
    max_a: CHARGER_MAX = 16.0,
    voltage_v: VOLTAGE = 230.0,
    phases: PHASES = 1,
    commission: COMMISSION = False,
    token: TOKEN = None,
    battery_kwh: BATTERY = 60.0,
    soc: SOC = 50.0,
    target_soc: TARGET_SOC = 80.0,
    car_max_a: CAR_MAX = 16.0,
    once: ONCE = False,
    cars: CARS = None,
    virtual: VIRTUAL = False,
    days: DAYS = 1.0,
    seed: SEED = 1,
    chargers: CHARGERS = 10,
    mix: MIX = "obedient",
    loss: LOSS = 0.0,
    outages: OUTAGES = 0,
    kills: KILLS = 0,
) -> None:
    """Simulate a charger with its car (--charger) or a small hub (--cars) until Ctrl-C, or days in virtual time."""
    if virtual:
        from services.virtual import command

        try:
            command.run(command.Asked(days, seed, chargers, mix, loss, outages, kills))
        except ValueError as error:
            raise typer.BadParameter(f"--mix: {error}") from None
        return
    from simulators.scenarios import live
    from simulators.scenarios.one_charger import CarOptions
    from simulators.server.rest import Credentials

    if (charger is None) == (cars is None):
        raise typer.BadParameter("either --charger FILE or --cars N is needed")
    where = live.Server(server, ocpp, Credentials(user, _password(password_file)))
    if cars is not None:
        _run(live.hub(where, cars, _print))
        return
    assert charger is not None, "one of the two is given"
    known = live.Charger(charger, max_a, voltage_v, phases)
    if commission:
        _run(live.prove(where, known, _print))
        return
    if token is None:
        raise typer.BadParameter("--charger needs --commission, or the --token of its car")
    if soc > target_soc:
        raise typer.BadParameter("--soc must not lie above --target-soc")
    car = CarOptions(token, battery_kwh, soc / 100, target_soc / 100, car_max_a)
    _run(live.serve(where, known, car, once, _print))


def _password(file: Path | None) -> str:
    """The operator's password. It is never an argument, which everybody on the machine can see."""
    import os

    if file is not None:
        try:
            return file.read_text().strip()
        except OSError as error:
            raise typer.BadParameter(f"--password-file: {error}") from None
    if password := os.environ.get(PASSWORD):
        return password
    raise typer.BadParameter(
        f"the operator's password is needed: --password-file FILE, or {PASSWORD} in the environment"
    )


def _run(world: Coroutine[object, object, object]) -> None:
    """Run the world to its end or until a signal; exits with 1 and the reason after a failure."""
    import asyncio

    import uvloop

    from simulators.scenarios.live import FAILURES

    async def until_stopped() -> None:
        running = asyncio.ensure_future(world)
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            _print("stopped")

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(until_stopped())
    except FAILURES as error:
        typer.echo(f"The simulation stopped: {error}", err=True)
        raise typer.Exit(1) from None


def _print(words: str) -> None:
    typer.echo(f"{datetime.now():%H:%M:%S} {words}")
