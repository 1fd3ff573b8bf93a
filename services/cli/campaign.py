"""`./commonwatt campaign NAME`: the suite's dearest checks for as long as somebody wants to look for what it missed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Annotated, NoReturn

import typer

from services.base.interruption import raise_on_signals
from services.cli import bench, testing

PYTEST = [f"--config-file={testing.ROOT / 'pyproject.toml'}"]
KILLS = "tests/faults/test_kill.py"
WALKS = "tests/model"

MINUTES = Annotated[int, typer.Option(min=1, max=600, help="For how long faults are injected.")]
SEED = Annotated[int, typer.Option(help="Another one strikes others, at other times.")]
SEEDS = Annotated[int, typer.Option(min=1, max=1000, help="How many mornings.")]
FIRST = Annotated[int, typer.Option(min=1, help="The seed of the first one; the others follow it.")]
EXAMPLES = Annotated[
    int,
    typer.Option(min=100, max=10_000_000, help="For a property to which the suite gives 100; others in proportion."),
]

campaign = typer.Typer(help="Look for defects for longer than the suite does.", no_args_is_help=True)


@campaign.callback()
def _campaign() -> None:
    """Hold the campaigns. SIGTERM and SIGINT end one, in the background too: no server is left."""
    raise_on_signals()


@campaign.command("chaos")
def chaos(minutes: MINUTES = 20, seed: SEED = 1) -> None:
    """A cluster under kills, halts and restarts: nothing that it acknowledged is lost, doubled or decided otherwise."""
    started = time.monotonic()
    try:
        bench.chaos(minutes=minutes, seed=seed)
    except typer.Exit as ended:
        _close(f"chaos of {minutes} minutes, seed {seed}", ended.exit_code, started)
    _close(f"chaos of {minutes} minutes, seed {seed}", 0, started)


@campaign.command("kills")
def kills(seeds: SEEDS = 10, first: FIRST = 2) -> None:
    """Busy mornings in which the server is killed ten times, each morning with a seed of its own."""
    last = first + seeds - 1
    chosen = ",".join(map(str, range(first, last + 1)))
    _test(f"kills, seeds {first} to {last}", [KILLS], {"COMMONWATT_KILL_SEEDS": chosen})


@campaign.command("properties")
def properties(examples: EXAMPLES = 20_000) -> None:
    """All properties of the suite, with many more examples."""
    arguments = [*testing.PARALLEL, "-m", "hypothesis", "tests"]
    _test(f"properties, {examples:,} examples", arguments, {"COMMONWATT_EXAMPLES": str(examples)})


@campaign.command("phases")
def phases(examples: EXAMPLES = 20_000) -> None:
    """Walks of a site's model: no phase is over its limit, whatever chargers, cars and lines do."""
    _test(f"phases, {examples:,} examples", [*testing.PARALLEL, WALKS], {"COMMONWATT_EXAMPLES": str(examples)})


def _test(what: str, arguments: list[str], variables: Mapping[str, str]) -> NoReturn:
    """Run these tests of this checkout, wherever the caller is."""
    import pytest

    os.environ.update({**testing.COMPILED_ONCE, **variables})
    os.chdir(testing.ROOT)
    started = time.monotonic()
    _close(what, int(pytest.main([*PYTEST, *arguments])), started)


def _close(what: str, code: int, started_s: float) -> NoReturn:
    minutes, seconds = divmod(round(time.monotonic() - started_s), 60)
    typer.echo(f"campaign {what}: {f'FAILED ({code})' if code else 'all held'} after {minutes} min {seconds} s")
    raise typer.Exit(code)
