"""`./commonwatt simulate --virtual`: a run in virtual time, what it came to, and how to repeat one that failed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import structlog
import typer

from services.virtual.mix import characters
from services.virtual.plan import DETECTION_S, Plan, Result
from services.virtual.run import simulate
from services.virtual.shrink import shrunk


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line. `loss_pct` is of the frames."""

    days: float
    seed: int
    chargers: int
    mix: str
    loss_pct: float
    outages: int
    kills: int

    def plan(self) -> Plan:
        """Raises `ValueError` for a mix that can't be read."""
        return Plan(
            self.seed,
            days=self.days,
            chargers=self.chargers,
            limit_a=12.0 * self.chargers,
            characters=characters(self.mix, self.chargers, self.seed),
            loss=self.loss_pct / 100,
            outages=self.outages,
            kills=self.kills,
        )

    def command(self) -> str:
        """The command that runs it."""
        return (
            f"./commonwatt simulate --virtual --days {self.days:g} --seed {self.seed} --chargers {self.chargers}"
            f" --mix {self.mix} --loss {self.loss_pct:g} --outages {self.outages} --kills {self.kills}"
        )


def run(asked: Asked) -> None:
    """Run it and print the result; a failed one is shrunk first. Exits with 1 then."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    problem = _problem(asked)
    if problem is None:
        return
    typer.echo(f"FAILED: {problem}. Looking for a smaller run that fails, too.", err=True)
    smallest = shrunk(asked.plan(), lambda plan: _problem(_of(asked, plan), quiet=True) is not None)
    typer.echo(f"Repeat it with: {_of(asked, smallest).command()}", err=True)
    raise typer.Exit(1)


def _of(asked: Asked, plan: Plan) -> Asked:
    return replace(
        asked,
        days=plan.days,
        chargers=plan.chargers,
        loss_pct=plan.loss * 100,
        outages=plan.outages,
        kills=plan.kills,
    )


def _problem(asked: Asked, *, quiet: bool = False) -> str | None:
    """What went wrong in the run; None: nothing."""
    try:
        result = simulate(asked.plan())
    except Exception as error:  # whatever a part of the system raises is what the run is for
        return f"{type(error).__name__}: {error}"
    if not quiet:
        _print(result)
    if result.overload_s > 0:
        return f"overloads lasted {result.overload_s:g} s longer than the {DETECTION_S:g} s of detection"
    if result.stuck:
        return f"{result.stuck} outlets could not be used in the end, and nobody was alarmed"
    return None


def _print(result: Result) -> None:
    typer.echo(f"energy     {result.energy_kwh:.1f} kWh in {result.visits} visits")
    typer.echo(f"overloads  {result.overload_s:g} s, and {result.overload_detect_s:g} s until they were detected")
    typer.echo(f"stuck      {result.stuck} outlets")
    typer.echo(f"log        {result.events} events, {result.digest}")
