"""A process ends when it is told to, though a thread of it waits in a library for ever."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from threading import Event

import pytest

from services.composition import running
from services.parts.part import Part, run
from tests.services.server import ROOT

PATIENCE_S = 60


class Stuck(Part):
    """Of its work nothing ends."""

    name = "stuck"

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._working = asyncio.get_running_loop().run_in_executor(None, Event().wait)

    async def stop(self) -> None:
        await asyncio.shield(self._working)


class Failing(Part):
    name = "failing"

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        tasks.create_task(self._fail())

    async def _fail(self) -> None:
        raise ZeroDivisionError

    async def stop(self) -> None:
        pass


def serve(what: str) -> None:
    parts = [Stuck(), Failing()] if what == "failing" else [Stuck()]
    running.DRAIN_S = 0.1
    running.run_to_end(run(parts, lambda: print("serving", flush=True), running.end_in_time))


@pytest.mark.parametrize("ends", ["told", "failing"])
def test_a_process_that_can_not_stop_ends_by_force(ends: str) -> None:
    command = [sys.executable, "-m", __name__, ends]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as service:
        try:
            assert service.stdout.readline() == "serving\n"
            if ends == "told":
                service.terminate()
            said, _ = service.communicate(timeout=PATIENCE_S)
        finally:
            service.kill()
    assert service.returncode == 1
    assert "ends by force" in said


if __name__ == "__main__":
    serve(sys.argv[1])
