"""A real server in a process of its own, on free ports and a temporary folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import httpx

from services.base.addresses import FILE, wait_for_addresses
from services.base.first_start import EMAIL

ROOT = Path(__file__).resolve().parent.parent.parent
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
NODES = [
    {"id": "site", "parent": None, "kind": "site", "limit_kw": 40},
    {"id": "p1", "parent": "site", "kind": "panel", "limit_a": [20, 20, 20]},
]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "services.cli", *arguments]


def call(
    *arguments: str, timeout_s: float = 60, settings: Mapping[str, str] = NO_SETTINGS
) -> subprocess.CompletedProcess[str]:
    """A command of the command line, run to its end."""
    environment = {**os.environ, **settings}
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s
    )


class Server:
    """Started when made; `client` is logged in as the operator, whose password the first start printed.

    `settings` are variables of its environment.
    """

    def __init__(self, data: Path, password: str = "", settings: Mapping[str, str] = NO_SETTINGS) -> None:
        self.data = data
        (data / FILE).unlink(missing_ok=True)
        self.said = data.parent / f"{data.name}.said"
        with self.said.open("wb") as output:
            arguments = command("serve", "--data", str(data), "--port", "0", "--ocpp-port", "0")
            environment = {**os.environ, **settings}
            self.process = subprocess.Popen(
                arguments, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        addresses = wait_for_addresses(data, self.process)
        assert addresses is not None, self.said.read_text()
        self.addresses = addresses
        printed = re.search(rf"{EMAIL} (\S+)", self.said.read_text())
        self.password = password or (printed[1] if printed else "")
        self.client = httpx.Client(base_url=f"{addresses.api}/api/v1", timeout=10)
        told = self.client.post("/login", json={"email": EMAIL, "password": self.password})
        assert told.status_code == 200, told.text
        self.client.headers["Authorization"] = f"Bearer {told.json()['access_token']}"

    def add_site(self, site_id: str = "s1") -> httpx.Response:
        return self.client.post("/sites", json={"id": site_id, "location": "z", "firm_kw": 25, "nodes": NODES})

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        self.client.close()
        self.process.send_signal(how)
        self.process.wait(20)
