"""`./commonwatt test`: everything that must hold before a change is merged."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).parents[2]
PASSES_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

CHECKS = {
    "ruff check": ["-m", "ruff", "check"],
    "ruff format": ["-m", "ruff", "format", "--check"],
    "mypy": ["-m", "mypy"],
    "lint-imports": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
}
# One more than there are processors, since many tests wait; more than four would only fight over memory.
PROCESSES = min(4, (os.cpu_count() or 1) + 1)
# A file's tests stay in one process: they may share a server.
# They begin in the order in which they were collected: those that take minutes are the first there (tests/conftest.py).
PARALLEL = [f"--numprocesses={PROCESSES}", "--dist=loadfile", "--no-loadscope-reorder"]
PYTEST = ["-m", "pytest", f"--config-file={ROOT / 'pyproject.toml'}", *PARALLEL]
# The tests start hundreds of Python processes: each would compile all modules again where the caller keeps none.
COMPILED_ONCE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "bytecode")}

QUICK = Annotated[bool, typer.Option("--quick", help="Leave out what needs a server, a browser or minutes.")]


def test(context: typer.Context, quick: QUICK = False) -> None:  # noqa: PT028 (a command)
    """Check style, types and imports, then run the tests. What follows goes to pytest.

    COMMONWATT_TEST_REQUIRE=all makes a skipped test a failure.
    """
    failed = [name for name, command in CHECKS.items() if not holds(name, command)]
    command = [sys.executable, *PYTEST, *["--quick"] * quick, *chosen(context.args)]
    outcome = subprocess.run(command, env=os.environ | COMPILED_ONCE, check=False)
    if failed:
        typer.echo(f"Failed before pytest: {', '.join(failed)} (see above)")
    raise typer.Exit(outcome.returncode or bool(failed))


def chosen(arguments: list[str]) -> list[str]:
    """The arguments for pytest. It runs where the caller is, so paths mean what the caller means; without any: all."""
    names_tests = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
    return arguments if names_tests else [*arguments, str(ROOT / "tests")]


def holds(name: str, command: list[str]) -> bool:
    """Run one check, say how it went, and show its output only if it failed."""
    typer.echo(f"{name:13}", nl=False)
    started = time.perf_counter()
    outcome = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    typer.echo(f"{'failed' if outcome.returncode else 'ok'} ({time.perf_counter() - started:.1f} s)")
    if outcome.returncode:
        typer.echo(outcome.stdout + outcome.stderr)
    return outcome.returncode == 0
