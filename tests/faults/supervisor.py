"""Servers on simulated time that don't live long, and what keeps starting them, as a machine's supervisor would."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from services.base.addresses import Addresses, lasting_ports
from services.base.first_start import prepare_operator
from simulators.server.rest import Credentials
from simulators.time.virtual_time import parse_ms
from tests.faults.server import MOMENTS

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server runs, again and again: its data, its ports, and where what it says goes."""

    data: Path
    starts: str
    ports: tuple[int, int, int]
    operator: Credentials

    @classmethod
    def new(cls, data: Path, starts: str) -> Place:
        """An empty one, with an operator. `starts` is when simulated time does (ISO 8601 with offset)."""
        data.mkdir()
        api, ocpp, control = lasting_ports(3)
        operator = asyncio.run(prepare_operator(data, parse_ms(starts)))
        return cls(data, starts, (api, ocpp, control), Credentials(operator.email, operator.password))

    @property
    def addresses(self) -> Addresses:
        api, ocpp, control = self.ports
        return Addresses(f"http://127.0.0.1:{api}", f"ws://127.0.0.1:{ocpp}/ocpp", f"127.0.0.1:{control}")

    @property
    def said(self) -> Path:
        return self.data.parent / f"{self.data.name}.said"

    def start(self, *faults: str) -> subprocess.Popen[bytes]:
        """A server with these faults (`tests.faults.server`)."""
        command = [sys.executable, "-m", "tests.faults.server", *faults, "serve", "--data", str(self.data)]
        command += ["--clock", "simulated", "--start", self.starts]
        for option, port in zip(("--port", "--ocpp-port", "--control-port"), self.ports, strict=True):
            command += [option, str(port)]
        with self.said.open("ab") as output:
            return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


@dataclass(frozen=True, slots=True)
class Doom:
    """How a server's life ends: at its `at`-th commit, or from outside after so many of the world's minutes."""

    moment: str
    at: int

    def faults(self) -> list[str]:
        return [] if self.moment == OUTSIDE else ["--die-at", str(self.at), "--die", self.moment]


def dooms(seed: int, count: int, commits: int, minutes: int) -> list[Doom]:
    """As many as asked for, each within so many commits or minutes of its server's start, of every kind some."""
    draw = random.Random(f"{seed}:dooms")
    moments = [(*MOMENTS, OUTSIDE)[number % (len(MOMENTS) + 1)] for number in range(count)]
    draw.shuffle(moments)
    return [Doom(moment, draw.randint(1, minutes if moment == OUTSIDE else commits)) for moment in moments]


class Supervisor:
    """Started when made: one server after the other, each with its doom, then one that lives until `stop`."""

    def __init__(self, place: Place, dooms: Sequence[Doom]) -> None:
        self.place = place
        self.kills: list[Doom] = []
        self._dooms = dooms
        self._minutes = 0
        self._stopping = False
        self._server = self._next()
        self._thread = Thread(target=self._keep, name="supervisor")
        self._thread.start()

    def minute(self) -> None:
        """The world went on by a minute."""
        self._minutes += 1
        doom = self._doom()
        if doom is not None and doom.moment == OUTSIDE and self._minutes == doom.at:
            self._server.kill()

    def stop(self) -> int:
        """The last server's exit code, once it ended."""
        self._stopping = True
        told = None
        while self._thread.is_alive():
            if self._server is not told:  # it may just be starting another one; told twice it would die at its very end
                told = self._server
                told.send_signal(signal.SIGTERM)
            self._thread.join(1)
        return self._server.returncode

    def _doom(self) -> Doom | None:
        return self._dooms[len(self.kills)] if len(self.kills) < len(self._dooms) else None

    def _next(self) -> subprocess.Popen[bytes]:
        self._minutes = 0
        doom = self._doom()
        return self.place.start(*(doom.faults() if doom else []))

    def _keep(self) -> None:
        while self._server.wait() == -signal.SIGKILL and not self._stopping:
            doom = self._doom()
            assert doom is not None, "killed by somebody else"
            self.kills.append(doom)
            self._server = self._next()
