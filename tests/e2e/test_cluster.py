"""A local cluster on real servers: a car charges while a processor is killed, a gateway hangs, and nothing is left."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.sync.client import connect

from services.base.first_start import EMAIL
from tests.services.server import ROOT, command

PATIENCE_S = 180
POLL_S = 0.2
NODES = [  # of each site
    {"id": "site", "parent": None, "kind": "site", "limit_kw": 22},
    {"id": "p1", "parent": "site", "kind": "panel", "limit_a": [20, 20, 20]},
]


class Cluster:
    """`./commonwatt cluster up` with one of each, in a process of its own."""

    def __init__(self, said: Path) -> None:
        self.said = said
        arguments = command("cluster", "up", "--workers", "1", "--gateways", "1", "--apis", "1")
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(arguments, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        self.family: set[psutil.Process] = set()
        awaited(lambda: "Ctrl-C stops all" in self.said.read_text() or self.process.poll() is not None)
        told = self.said.read_text()
        if "The servers are packages of" in told:
            pytest.skip(f"no cluster here ({told.strip()})")
        assert self.process.poll() is None, told
        self.password = self.printed(rf"{EMAIL} (\S+)")
        self.folder = Path(self.printed(r"their output is in (\S+)/logs"))
        self.known()
        self.client = httpx.Client(base_url=f"{self.status()['apis'][0]}/api/v1", timeout=20)
        token = self.post("/login", {"email": EMAIL, "password": self.password})["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def printed(self, pattern: str) -> str:
        found = re.search(pattern, self.said.read_text())
        assert found is not None, self.said.read_text()
        return found[1]

    def status(self) -> dict[str, Any]:
        return json.loads((self.folder / "cluster.json").read_text())

    def known(self) -> None:
        """Remember every process that it has started so far."""
        self.family.update(psutil.Process(self.process.pid).children(recursive=True))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def register(self, site_id: str, charger_id: str) -> dict[str, Any]:
        """A site with a charger; what the charger needs to know to connect."""
        self.post("/sites", {"id": site_id, "location": "z", "firm_kw": 22, "nodes": NODES})
        charger = {"id": charger_id, "site_id": site_id, "node": "p1", "phases": ["L1"], "max_a": 16, "voltage_v": 230}
        return self.post("/chargers", charger)

    def connected(self, site_id: str) -> bool:
        """Whether the safety kernel counts the site's charger as connected."""
        (charger,) = self.client.get(f"/sites/{site_id}/chargers").json()["chargers"]
        return bool(charger["connected"])

    def signal(self, service: str, number: signal.Signals) -> None:
        os.kill(self.status()["services"][service]["pid"], number)

    def kill(self, service: str) -> None:
        """kill -9, and wait until another process serves in its place."""
        before = self.status()["services"][service]["pid"]
        os.kill(before, signal.SIGKILL)
        awaited(lambda: self.status()["services"][service]["pid"] != before)

    def stop(self) -> None:
        """By Ctrl-C, once."""
        if self.process.poll() is not None:
            return
        self.known()
        self.client.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """To start one takes a minute, so all share it; the last test stops it."""
    running = Cluster(tmp_path_factory.mktemp("cluster") / "said")
    yield running
    running.stop()


@contextmanager
def simulating(said: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with said.open("wb") as output:
        process = subprocess.Popen(command("simulate", *arguments), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def awaited(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "it never came"
        time.sleep(POLL_S)


def test_a_car_charges_while_a_processor_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    known = tmp_path / "c1.json"
    known.write_text(json.dumps(cluster.register("garage", "c1")))
    vehicle = {"vin": "WVWZZZAUZLW000001", "battery_kwh": 20, "max_a": 16, "token": "ADA-CARD"}
    cluster.post("/vehicles", vehicle)
    assert cluster.client.get("/sites").json()["sites"][0]["id"] == "garage"

    wanted = {"vehicle_id": vehicle["vin"], "site_id": "garage", "target_soc": 80, "time_constraint_minutes": 60}
    session = cluster.post("/sessions/request", wanted | {"current_soc": 79.8})["id"]
    cluster.kill("processor-sites-1")

    password = tmp_path / "password"
    password.write_text(cluster.password)
    edges = ["--server", cluster.status()["apis"][0], "--ocpp", cluster.status()["gateways"][0]]
    car = ["--charger", str(known), "--token", "ADA-CARD", "--battery-kwh", "20", "--soc", "79.8", "--once"]

    def known_as() -> dict[str, Any]:
        return cluster.client.get(f"/sessions/{session}").json()

    with simulating(tmp_path / "simulated", *edges, "--password-file", str(password), *car) as simulated:
        awaited(lambda: known_as()["state"] == "offered")
        cluster.post(f"/sessions/{session}/accept", {})
        simulated.wait(PATIENCE_S)
    assert "Charging" in (tmp_path / "simulated").read_text()
    awaited(lambda: known_as()["state"] == "completed")
    assert known_as()["energy_kwh"] == 0.04
    assert "service=processor-sites-1" in cluster.said.read_text()


def test_what_a_gateway_held_that_hangs_is_given_up_and_told_again_when_it_goes_on(cluster: Cluster) -> None:
    """Nobody starts it again, since it did not end."""
    charger = cluster.register("yard", "c2")
    where = f"{cluster.status()['gateways'][0]}/{charger['ocpp_id']}"
    secret = base64.b64encode(f"{charger['ocpp_id']}:{charger['password']}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    with connect(where, subprotocols=["ocpp1.6"], additional_headers=headers, ping_interval=None, proxy=None):
        awaited(lambda: cluster.connected("yard"))
        cluster.signal("gateway-1", signal.SIGSTOP)
        try:
            awaited(lambda: not cluster.connected("yard"))
        finally:
            cluster.signal("gateway-1", signal.SIGCONT)
        awaited(lambda: cluster.connected("yard"))


def test_stopped_it_leaves_nothing_behind(cluster: Cluster) -> None:
    cluster.stop()
    assert cluster.process.returncode == 0, cluster.said.read_text()
    left = [process for process in cluster.family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert left == []
    assert not cluster.folder.exists()
