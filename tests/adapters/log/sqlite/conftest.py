from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

Child = subprocess.Popen[str]


@pytest.fixture
def child() -> Iterator[Callable[..., Child]]:
    """Starts a process of `children.py`; kills what is left of it in the end."""
    children: list[Child] = []

    def start(what: str, folder: Path, *arguments: object) -> Child:
        command = [sys.executable, "-m", "tests.adapters.log.sqlite.children", what, str(folder), *map(str, arguments)]
        children.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return children[-1]

    yield start
    for process in children:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
