"""`./commonwatt demo`: a real day of charging through the whole system, and the proof that it went by its rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DAY = Annotated[str, typer.Option(help="A day of March 2019 in the recorded sessions.")]
LIMIT = Annotated[float, typer.Option(help="The grid limit in kW, of each garage.")]
NOON = Annotated[float, typer.Option(help="What the utility lowers it to from 12:00 to 16:00, in kW.")]
GARAGES = Annotated[int, typer.Option(min=1, max=8, help="So many are one site, with as many times the cars.")]
SPEED = Annotated[float | None, typer.Option(help="Simulated seconds a second; as fast as it goes when left out.")]
OUTAGES = Annotated[int, typer.Option(min=0, help="How often each charger's line is cut, for 20 s to 15 min.")]
KILLS = Annotated[int, typer.Option(min=0, help="How often the server is killed (kill -9) and started again.")]
REPORT = Annotated[Path | None, typer.Option(help="Write the figures there as JSON; the page lies beside it as HTML.")]
DISTRIBUTED = Annotated[
    bool, typer.Option("--distributed", help="As many processes, on a real Kafka, PostgreSQL and QuestDB.")
]
WORKERS = Annotated[int, typer.Option(min=1, max=4, help="Of each processor, with --distributed.")]
KEEP = Annotated[bool, typer.Option("--keep", help="Keep the demo's data folder for replay and a look around.")]


def demo(
    day: DAY = "2019-03-08",
    limit_kw: LIMIT = 40.0,
    noon_limit_kw: NOON = 25.0,
    garages: GARAGES = 1,
    speed: SPEED = None,
    outages: OUTAGES = 0,
    kills: KILLS = 0,
    report: REPORT = None,
    keep: KEEP = False,
    distributed: DISTRIBUTED = False,
    workers: WORKERS = 2,
) -> None:
    """Run a recorded day: cars queue, chargers are steered over OCPP, the cap falls at noon, and a replay proves it."""
    from services.demo import run

    options = run.DemoOptions(
        day, limit_kw, noon_limit_kw, garages, speed, outages, kills, report, keep, distributed, workers
    )
    raise typer.Exit(run.run(options))
