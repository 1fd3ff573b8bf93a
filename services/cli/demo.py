"""`./commonwatt demo`: a real day of charging through the whole system, and its proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DAY = Annotated[str, typer.Option(help="A day of March 2019 in the recorded sessions.")]
LIMIT = Annotated[float, typer.Option(help="The grid limit in kW, of each garage.")]
NOON = Annotated[float, typer.Option(help="The lower cap from 12:00 to 16:00 in kW, of each garage.")]
GARAGES = Annotated[
    int, typer.Option(min=1, max=8, help="Number of garages that form the site, each with its own cars.")
]
SPEED = Annotated[float | None, typer.Option(help="Simulated seconds a second; as fast as possible by default.")]
OUTAGES = Annotated[int, typer.Option(min=0, help="Outages of each charger's line, of 20 s to 15 min.")]
KILLS = Annotated[int, typer.Option(min=0, help="Kills (kill -9) and restarts of the server.")]
CHARGERS = Annotated[
    list[str] | None,
    typer.Option("--with", help="A kind of chargers beside the usual ones, instead of the default kinds; repeatable."),
]
REPORT = Annotated[
    Path | None, typer.Option(help="Write the figures to this file as JSON, and the page beside it as HTML.")
]
DISTRIBUTED = Annotated[
    bool, typer.Option("--distributed", help="Run many processes, on a real Kafka, PostgreSQL and QuestDB.")
]
WORKERS = Annotated[int, typer.Option(min=1, max=4, help="Workers of each processor, with --distributed.")]
KEEP = Annotated[bool, typer.Option("--keep", help="Keep the data folder, e.g. for a replay.")]


def demo(
    day: DAY = "2019-03-08",
    limit_kw: LIMIT = 40.0,
    noon_limit_kw: NOON = 25.0,
    garages: GARAGES = 1,
    speed: SPEED = None,
    outages: OUTAGES = 0,
    kills: KILLS = 0,
    chargers: CHARGERS = None,
    report: REPORT = None,
    keep: KEEP = False,
    distributed: DISTRIBUTED = False,
    workers: WORKERS = 2,
) -> None:
    """Run a recorded day: cars queue, chargers are steered over OCPP, the cap falls at noon, and a replay proves it."""
    from services.demo import run

    options = run.DemoOptions(
        day, limit_kw, noon_limit_kw, garages, speed, outages, kills, chargers, report, keep, distributed, workers
    )
    raise typer.Exit(run.run(options))
