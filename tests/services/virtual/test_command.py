"""The command of a run in virtual time: its result, and how to repeat one that failed."""

from __future__ import annotations

import pytest
import structlog
from typer.testing import CliRunner

from services.cli import app
from services.virtual import command
from services.virtual.plan import Plan, Result

GOOD = Result(0, 12, 12, 46.7, 5, 0, 771, "3d8a")
ARGUMENTS = ["simulate", "--virtual", "--days", "0.2", "--chargers", "4", "--outages", "6", "--seed", "7"]


@pytest.fixture(autouse=True)
def logs_as_before():
    """The command makes its process quiet: other tests read what is logged."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def invoke(*arguments: str):
    return CliRunner().invoke(app.app, [*ARGUMENTS, *arguments], env={"COLUMNS": "200"})


def test_a_run_prints_what_it_came_to(monkeypatch):
    seen: list[Plan] = []
    monkeypatch.setattr(command, "simulate", lambda plan: seen.append(plan) or GOOD)
    done = invoke("--loss", "2")
    assert done.exit_code == 0
    assert "overloads  0 s, and 12 s until they were detected" in done.stdout
    assert [(one.seed, one.days, one.chargers, one.limit_a, one.loss, one.outages) for one in seen] == [
        (7, 0.2, 4, 48, 0.02, 6)
    ]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result(3, 75, 78, 1, 1, 0, 1, "x"), "overloads lasted 3 s longer than the 75 s of detection"),
        (Result(0, 0, 0, 1, 1, 2, 1, "x"), "2 outlets could not be used in the end, and nobody was alarmed"),
    ],
)
def test_a_run_that_failed_is_shrunk_and_says_how_to_repeat_it(monkeypatch, result, words):
    monkeypatch.setattr(command, "simulate", lambda plan: result if plan.outages else GOOD)
    done = invoke("--kills", "3")
    assert done.exit_code == 1
    assert words in done.output
    assert "--days 0.05 --seed 7 --chargers 1 --mix obedient --loss 0 --outages 6 --kills 0" in done.output


def test_what_a_part_of_the_system_raises_is_a_failure_too(monkeypatch):
    def fails(plan: Plan) -> Result:
        raise RuntimeError("a defect")

    monkeypatch.setattr(command, "simulate", fails)
    done = invoke()
    assert (done.exit_code, "RuntimeError: a defect" in done.output) == (1, True)


def test_an_unknown_character_is_named(monkeypatch):
    done = invoke("--mix", "tired=5")
    assert done.exit_code == 2
    assert "'tired' is none of obedient" in done.output
