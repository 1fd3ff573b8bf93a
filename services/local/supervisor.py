"""A supervisor of processes: it restarts those that end by themselves, and stops all in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.base.costs import Meter

ROOT = Path(__file__).resolve().parents[2]
AGAIN_S = 1.0
"""Pause between two starts of a service, so that one that can't start does not load the machine."""
DRAIN_S = 30
"""Time for a service to finish accepted work."""

log_line = structlog.get_logger("supervisor")


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is started: `./commonwatt serve ARGUMENTS` with these variables in its environment."""

    name: str
    arguments: Sequence[str]
    variables: Mapping[str, str]


class Supervisor:
    """Starts each service once `watch` is called; their output goes to files in the folder `logs`.

    `meter` knows what each has cost until `watch` was called last.
    """

    def __init__(self, services: Sequence[Service], logs: Path) -> None:
        self.meter = Meter()
        self._services = {service.name: service for service in services}
        self._logs = logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started_s: dict[str, float] = {}
        self._stopped: set[str] = set()
        logs.mkdir(parents=True, exist_ok=True)

    def watch(self) -> None:
        """Start every service that does not run, each at most once a second; call this often."""
        self.meter.measure(self.pids())  # before those that ended are awaited, and gone
        for name, service in self._services.items():
            process = self._processes.get(name)
            if name in self._stopped or (process is not None and process.poll() is None):
                continue
            if time.monotonic() - self._started_s.get(name, -AGAIN_S) >= AGAIN_S:
                if process is not None:
                    log_line.warning("service ended, started again", service=name, code=process.returncode)
                self._processes[name] = self._start(service)

    def pids(self) -> dict[str, int]:
        """Of each service that was started."""
        return {name: process.pid for name, process in self._processes.items()}

    def log_tail(self, name: str) -> str:
        """The end of the output of a service."""
        return "\n".join((self._logs / name).read_text(errors="replace").splitlines()[-15:])

    def stop(self, names: Sequence[str] | None = None) -> None:
        """Let these (all, when left out) finish what they accepted; by force where that takes too long. For good."""
        names = list(self._services) if names is None else names
        self._stopped.update(names)
        ending = [self._processes[name] for name in names if name in self._processes]
        for process in ending:
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + DRAIN_S
        for process in ending:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                log_line.error("service killed, it took too long to stop", pid=process.pid)
                process.kill()
                process.wait()

    def _start(self, service: Service) -> subprocess.Popen[bytes]:
        """In a group of its own: Ctrl-C is for the supervisor, which stops the services in their order."""
        self._started_s[service.name] = time.monotonic()
        command = [sys.executable, "-m", "services.cli", "serve", *service.arguments]
        with (self._logs / service.name).open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | service.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
