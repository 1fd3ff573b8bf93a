"""Keeps a server running that is killed again and again, as a machine's supervisor would."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from services.addresses import Addresses, lasting_ports
from tests.faults.server import MOMENTS

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Doom:
    """How a server's life ends: at its `at`-th commit, or from outside after so many of the world's minutes."""

    moment: str
    at: int


def dooms(seed: int, count: int, commits: int, minutes: int) -> list[Doom]:
    """As many as asked for, each within so many commits or minutes of its server's start, of every kind some."""
    draw = random.Random(f"{seed}:dooms")
    moments = [(*MOMENTS, OUTSIDE)[number % (len(MOMENTS) + 1)] for number in range(count)]
    draw.shuffle(moments)
    return [Doom(moment, draw.randint(1, minutes if moment == OUTSIDE else commits)) for moment in moments]


class Supervisor:
    """Started when made. One server after the other, on the same data and the same ports, until `stop`."""

    def __init__(self, data: Path, start: str, dooms: Sequence[Doom]) -> None:
        self.data = data
        self.said = data.parent / "server.said"
        self.kills: list[Doom] = []
        self._dooms = dooms
        ports = lasting_ports(3)
        named = zip(("--port", "--ocpp-port", "--control-port"), map(str, ports), strict=True)
        self._arguments = ["serve", "--data", str(data), "--clock", "simulated", "--start", start]
        self._arguments += [word for pair in named for word in pair]
        self.addresses = Addresses(
            f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[1]}/ocpp", f"127.0.0.1:{ports[2]}"
        )
        self._stopping = False
        self._minutes = 0
        self._server = self._start(None if not dooms else dooms[0])
        self._thread = Thread(target=self._keep, name="supervisor")
        self._thread.start()

    def minute(self) -> None:
        """The world went on by a minute."""
        doom = self._doom()
        self._minutes += 1
        if doom is not None and doom.moment == OUTSIDE and self._minutes == doom.at:
            self._server.kill()

    def stop(self) -> int:
        """The last server's exit code, once it ended."""
        self._stopping = True
        self._server.send_signal(signal.SIGTERM)
        self._thread.join()
        return self._server.returncode

    def _doom(self) -> Doom | None:
        return self._dooms[len(self.kills)] if len(self.kills) < len(self._dooms) else None

    def _start(self, doom: Doom | None) -> subprocess.Popen[bytes]:
        faults = [] if doom is None or doom.moment == OUTSIDE else ["--die-at", str(doom.at), "--die", doom.moment]
        command = [sys.executable, "-m", "tests.faults.server", *faults, *self._arguments]
        self._minutes = 0
        with self.said.open("ab") as output:
            return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    def _keep(self) -> None:
        while self._server.wait() == -signal.SIGKILL and not self._stopping:
            doom = self._doom()
            assert doom is not None
            self.kills.append(doom)
            self._server = self._start(self._doom())
