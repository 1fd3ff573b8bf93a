"""A real server in a process of its own, on free ports and a temporary folder."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from services.addresses import FILE, wait_for_addresses

ROOT = Path(__file__).resolve().parent.parent.parent
NODES = [
    {"id": "site", "parent": None, "kind": "site", "limit_kw": 40},
    {"id": "p1", "parent": "site", "kind": "panel", "limit_a": [20, 20, 20]},
]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "services.cli", *arguments]


def call(*arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """A command of the command line, run to its end."""
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_s)


class Server:
    """Started when made; `client` carries the operator's key, which the first start printed."""

    def __init__(self, data: Path, key: str = "") -> None:
        self.data = data
        (data / FILE).unlink(missing_ok=True)
        self.said = data.parent / f"{data.name}.said"
        with self.said.open("wb") as output:
            arguments = command("serve", "--data", str(data), "--port", "0", "--ocpp-port", "0")
            self.process = subprocess.Popen(arguments, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        addresses = wait_for_addresses(data, self.process)
        assert addresses is not None, self.said.read_text()
        self.addresses = addresses
        printed = re.search(r"cw_\w+", self.said.read_text())
        self.key = key or (printed[0] if printed else "")
        authorization = {"Authorization": f"Bearer {self.key}"}
        self.client = httpx.Client(base_url=f"{addresses.api}/api/v1", headers=authorization, timeout=10)

    def add_site(self, site_id: str = "s1") -> httpx.Response:
        return self.client.post("/sites", json={"id": site_id, "location_zone": "z", "firm_kw": 25, "nodes": NODES})

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        self.client.close()
        self.process.send_signal(how)
        self.process.wait(20)
