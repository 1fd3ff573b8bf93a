"""The server of the demo in a process of its own, with kills at seeded moments of the day."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from services.base.addresses import Addresses, lasting_ports, wait_for_addresses
from services.base.costs import Meter
from services.base.first_start import prepare_operator
from services.base.settings import PREFIX
from services.demo import proof

ROOT = Path(__file__).resolve().parents[2]
KILLED_WITHIN = timedelta(hours=9), timedelta(hours=24)
"""After its first start: from 5 in the morning to 8 in the evening of the day."""
STOP_S = 20


def kill_moments(begin: datetime, kills: int) -> list[int]:
    """When to kill, in ms since 1970 and in order, for a day whose first start is at `begin`."""
    draw = Random(f"{begin.isoformat()}:kills")
    first_ms, last_ms = (round((begin + after).timestamp() * 1000) for after in KILLED_WITHIN)
    return sorted(draw.randint(first_ms, last_ms) for _ in range(kills))


def log_tail(file: Path) -> str:
    """The end of the output of a process."""
    return "\n".join(file.read_text(errors="replace").splitlines()[-15:])


class DemoServer:
    """Starts when it is made, on simulated time from `begin`. `kills` counts those that happened."""

    log = "sqlite"

    def __init__(self, data: Path, begin: datetime, kills: int) -> None:
        data.mkdir(parents=True)
        self.kills = 0
        self._meter = Meter()
        self.data = data
        self.operator = asyncio.run(prepare_operator(data, round(begin.timestamp() * 1000)))
        self._log_file = data.parent / "server.log"
        self._moments_ms = kill_moments(begin, kills)
        api, ocpp, control = map(str, lasting_ports(3))
        self._command = [sys.executable, "-m", "services.cli", "serve", "--data", str(data), "--clock", "simulated"]
        self._command += ["--port", api, "--ocpp-port", ocpp, "--control-port", control, "--start", begin.isoformat()]
        self._process = self._start()

    def addresses(self) -> Addresses | None:
        """Its addresses once it listens; None where it did not start."""
        return wait_for_addresses(self.data, self._process)

    def log_tail(self) -> str:
        """The end of its output."""
        return log_tail(self._log_file)

    def on_time(self, now_ms: int) -> None:
        """Kill the server (kill -9) where a kill is due at this time of the world, and restart it at once."""
        while self._moments_ms and self._moments_ms[0] <= now_ms:
            self._moments_ms.pop(0)
            self._note_cost()
            self._process.kill()
            self._process.wait()
            self.kills += 1
            self._process = self._start()

    def prove(self) -> dict[str, Any]:
        """Stop the server in order; then a fresh process decides again from a copy of the log without states."""
        self._note_cost()
        self.close()
        services = {name: cost.to_json() for name, cost in self._meter.costs().items()}
        return proof.prove(self.data, self.data.parent / "copy") | {"services": services}

    def close(self) -> None:
        """Stop in order: it finishes accepted work."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _note_cost(self) -> None:
        self._meter.measure({"server": self._process.pid})

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log_file.open("ab") as output:
            return subprocess.Popen(
                self._command, cwd=ROOT, env=_without_settings(), stdout=output, stderr=subprocess.STDOUT
            )


def _without_settings() -> dict[str, str]:
    """The environment without Commonwatt's settings: the demo uses its own folder only."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
