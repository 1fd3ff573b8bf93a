"""`./commonwatt test` runs every step, says how each went, and fails if one did."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer

from services.cli import testing
from tests.launcher.checkout import ROOT

GOOD, BAD = ["-c", "print('unheard')"], ["-c", "raise SystemExit('what is wrong')"]


def pytest_that_ends(code: int) -> list[str]:
    where = "print('pytest', sys.argv[1:], 'in', os.getcwd())"
    bytecode = "print('keeps bytecode:', not sys.dont_write_bytecode, 'in', sys.pycache_prefix)"
    return ["-c", f"import os, sys; {where}; {bytecode}; sys.exit({code})"]


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command with other checks; its exit code and output."""

    def run(checks: dict[str, list[str]], pytest_code: int, *arguments: str, quick: bool = False) -> tuple[int, str]:
        monkeypatch.setattr(testing, "CHECKS", checks)
        monkeypatch.setattr(testing, "PYTEST", pytest_that_ends(pytest_code))
        with pytest.raises(typer.Exit) as left:
            testing.test(SimpleNamespace(args=list(arguments)), quick)
        return left.value.exit_code, capfd.readouterr().out

    return run


def test_all_good_ends_with_what_pytest_says(run):
    code, output = run({"one": GOOD, "two": GOOD}, 0)
    assert code == 0
    assert [line.split()[:2] for line in output.splitlines()] == [
        ["one", "ok"],
        ["two", "ok"],
        ["pytest", f"['{ROOT}/tests']"],
        ["keeps", "bytecode:"],
    ]


def test_a_failed_check_is_shown_and_fails_the_run_but_the_rest_still_runs(run):
    code, output = run({"one": BAD, "two": GOOD}, 0)
    assert code == 1
    assert "what is wrong" in output
    assert "two          ok" in output
    assert "pytest [" in output
    assert output.splitlines()[-1] == "Failed before pytest: one (see above)"


@pytest.mark.parametrize("pytest_code", [1, 5])
def test_failed_tests_and_no_tests_fail_the_run(run, pytest_code):
    assert run({"one": GOOD}, pytest_code)[0] == pytest_code


def test_paths_are_those_of_the_caller(run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_x.py").touch()
    assert f"pytest ['-v', 'test_x.py::test_y'] in {tmp_path}\n" in run({}, 0, "-v", "test_x.py::test_y")[1]


def test_without_a_path_all_tests_run(run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert f"pytest ['-k', 'y', '{ROOT}/tests'] in" in run({}, 0, "-k", "y")[1]


def test_quick_is_for_pytest_too(run):
    assert f"pytest ['--quick', '{ROOT}/tests'] in" in run({}, 0, quick=True)[1]


def test_what_python_compiles_is_used_again_whatever_the_caller_wants(run, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert f"keeps bytecode: True in {sys.prefix}/bytecode" in run({}, 0)[1]


def test_the_command_line_starts_without_the_heavy_packages():
    program = "import sys, services.cli; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True).split()
    assert not {"pydantic", "fastapi", "sqlalchemy", "numpy", "httpx", "eventsourcing", "ocpp"} & set(loaded)
