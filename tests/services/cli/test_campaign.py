"""`./commonwatt campaign NAME` runs for longer what the suite runs, and says what ran, if it held, how long."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from benchmarks.chaos import bench
from services.cli import testing
from services.cli.app import app
from tests.examples import examples
from tests.launcher.checkout import ROOT

OWN_NUMBER = re.compile(r"max_examples=(?!examples\()")
Run = Callable[..., Result]
Calls = list[tuple[list[str], dict[str, str], str]]
Ends = Callable[[int], Calls]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command; what it leaves in the environment ends with the test."""
    monkeypatch.setattr("services.cli.campaign.raise_on_signals", lambda: None)
    return lambda *arguments: CliRunner().invoke(app, ["campaign", *arguments])


@pytest.fixture
def pytest_ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    """pytest is called, and ends with a code: its arguments, environment and folder."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir("/")

    def ends(code: int) -> Calls:
        calls: Calls = []

        def main(arguments: list[str]) -> int:
            calls.append((arguments, dict(os.environ), os.getcwd()))
            return code

        monkeypatch.setattr(pytest, "main", main)
        return calls

    return ends


def test_help_lists_them_all(run: Run) -> None:
    listed = run("--help").output
    for name in ("chaos", "kills", "phases", "properties"):
        assert re.search(rf"^\W*{name} ", listed, re.MULTILINE), listed


@pytest.mark.parametrize(("ok", "code", "how"), [(True, 0, "all held"), (False, 1, "FAILED (1)")])
def test_chaos_is_the_benchmark_with_its_own_minutes_and_seed(
    run: Run, monkeypatch: pytest.MonkeyPatch, ok: bool, code: int, how: str
) -> None:
    played: list[tuple[Any, ...]] = []

    def chaos(*arguments: Any) -> dict[str, Any]:
        played.append(arguments)
        return {"ok": ok}

    monkeypatch.setattr(bench, "run", chaos)
    ended = run("chaos", "--minutes", "7", "--seed", "5")
    assert played == [(None, 7, 5, None, 1)]
    assert ended.exit_code == code
    assert ended.output.splitlines()[-1] == f"campaign chaos of 7 minutes, seed 5: {how} after 0 min 0 s"


@pytest.mark.parametrize(("code", "how"), [(0, "all held"), (1, "FAILED (1)"), (5, "FAILED (5)")])
def test_kills_are_the_tests_with_other_seeds(run: Run, pytest_ends: Ends, code: int, how: str) -> None:
    calls = pytest_ends(code)
    ended = run("kills", "--seeds", "3", "--first", "8")
    ((arguments, environment, folder),) = calls
    assert (ROOT / arguments[-1]).exists()
    assert environment["COMMONWATT_KILL_SEEDS"] == "8,9,10"
    assert folder == str(ROOT)
    assert ended.exit_code == code
    assert ended.output.splitlines()[-1] == f"campaign kills, seeds 8 to 10: {how} after 0 min 0 s"


def test_properties_are_all_of_them_with_more_examples(run: Run, pytest_ends: Ends) -> None:
    calls = pytest_ends(0)
    ended = run("properties", "--examples", "500")
    ((arguments, environment, _),) = calls
    assert arguments[-3:] == ["-m", "hypothesis", "tests"]
    assert environment["COMMONWATT_EXAMPLES"] == "500"
    assert environment.items() >= testing.COMPILED_ONCE.items()
    assert ended.output.splitlines()[-1] == "campaign properties, 500 examples: all held after 0 min 0 s"


def test_phases_are_the_walks_of_the_model_and_more_of_them(run: Run, pytest_ends: Ends) -> None:
    calls = pytest_ends(0)
    ended = run("phases", "--examples", "500")
    ((arguments, environment, _),) = calls
    assert (ROOT / arguments[-1] / "test_phases.py").exists()
    assert environment["COMMONWATT_EXAMPLES"] == "500"
    assert ended.output.splitlines()[-1] == "campaign phases, 500 examples: all held after 0 min 0 s"


def test_fewer_examples_than_the_suite_tries_are_refused(run: Run) -> None:
    assert run("properties", "--examples", "99").exit_code == 2


def test_a_property_has_its_own_number_or_in_proportion_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMMONWATT_EXAMPLES", raising=False)
    assert (examples(), examples(12)) == (100, 12)
    monkeypatch.setenv("COMMONWATT_EXAMPLES", "20000")
    assert (examples(), examples(12)) == (20_000, 2_400)
    monkeypatch.setenv("COMMONWATT_EXAMPLES", "1")
    assert examples(12) == 12


def test_no_property_keeps_a_campaign_from_more() -> None:
    for file in ROOT.glob("tests/**/*.py"):
        if file != ROOT / "tests/services/cli/test_campaign.py":
            assert not OWN_NUMBER.search(file.read_text()), f"{file}: max_examples=examples(...)"
