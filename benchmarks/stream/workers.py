"""A worker in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import quix

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 20


class WorkerError(Exception):
    """A worker ended unexpectedly; the text is the end of its output."""


class Worker:
    """A running process."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def check(self) -> None:
        """Raises `WorkerError`."""
        if self._process.poll() is not None:
            raise WorkerError(self._log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """End it in order; by force where that takes too long."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def working(engine: str, job: Mapping[str, Any]) -> Iterator[Worker]:
    """A worker that does the job as long as the context is open."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-") as folder:
        log = Path(folder) / "output.log"
        description = json.dumps({**job, "folder": folder})
        with log.open("wb") as output:
            worker = Worker(
                subprocess.Popen([*_command(engine), description], cwd=ROOT, stdout=output, stderr=output), log
            )
        try:
            yield worker
        finally:
            worker.stop()


def _command(engine: str) -> list[str]:
    if engine == "quix":
        return [str(quix.python()), str(quix.WORKER)]
    return [sys.executable, "-m", f"benchmarks.stream.{engine}"]
