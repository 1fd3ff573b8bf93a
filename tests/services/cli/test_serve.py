"""The server as its users meet it: one command's way, a second server, kill -9, a damaged file."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.services.server import Server, call

pytestmark = pytest.mark.server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def server(data: Path):
    running = Server(data)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_one_command_from_rest_to_replay(server):
    assert server.add_site().status_code == 201
    lowered = server.client.post("/sites/s1/grid-limit", json={"limit_kw": 30, "reason": "utility"})
    assert lowered.status_code == 200
    assert lowered.json()["guaranteed"] is True
    (site,) = server.client.get("/sites").json()["sites"]
    assert (site["id"], site["max_kw"]) == ("s1", 40.0)
    recorded = [line for line in server.client.get("/events").text.splitlines() if "site.grid_limit_set.v1" in line]
    assert len(recorded) == 1
    server.stop()
    replayed = call("replay", "--data", str(server.data))
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert replayed.stdout.endswith("replay: equal\n")


def test_the_key_is_printed_once_and_needed(server):
    assert server.client.get("/sites", headers={"Authorization": "Bearer no"}).status_code == 401
    server.stop()
    again = Server(server.data, password=server.password)
    try:
        assert "cw_" not in again.said.read_text()
        assert again.client.get("/sites").status_code == 200
    finally:
        again.stop()


def test_a_second_server_on_the_same_data_is_refused_in_words(server):
    refused = call("serve", "--data", str(server.data), "--port", "0", "--ocpp-port", "0")
    assert refused.returncode == 1
    assert str(server.process.pid) in refused.stderr
    assert "Traceback" not in refused.stderr


def test_what_was_acknowledged_survives_kill_9(server):
    for number in range(5):
        assert server.add_site(f"s{number}").status_code == 201
    server.kill()
    again = Server(server.data, password=server.password)
    try:
        assert [site["id"] for site in again.client.get("/sites").json()["sites"]] == [f"s{n}" for n in range(5)]
        assert again.add_site("s0").status_code in (409, 422)
    finally:
        again.stop()
    assert call("replay", "--data", str(server.data)).returncode == 0


@pytest.mark.parametrize("series_lost", [False, True])
def test_a_reading_that_was_acknowledged_is_shown_after_kill_9(server, series_lost):
    vehicle = server.client.post("/vehicles", json={"vin": "WVWZZZ1JZXW000001"}).json()["id"]
    told = {"observed_at": "2026-01-01T00:00:00Z", "soc": 42.5, "gps": {"lat": 52.52, "lon": 13.405}}
    assert server.client.post(f"/vehicles/{vehicle}/telemetry", json=told).status_code == 202
    server.kill()
    if series_lost:
        for file in server.data.glob("series.sqlite3*"):
            file.unlink()
    again = Server(server.data, password=server.password)
    try:
        wait_until(lambda: len(telemetry(again, vehicle)) == 2)
        assert telemetry(again, vehicle) == {"soc": 42.5, "location_zone": "u33dc"}
    finally:
        again.stop()
    assert b"52.52" not in (server.data / "log.sqlite3").read_bytes()


def telemetry(server, vehicle):
    answer = server.client.get(f"/vehicles/{vehicle}/telemetry")
    return {event["type"]: event["value"] for event in answer.json()["telemetry"]}


def test_chargers_of_a_killed_server_are_offline_until_they_are_back(server):
    server.add_site()
    described = {"id": "c1", "site_id": "s1", "node": "p1", "phases": ["L1"], "max_a": 16, "voltage_v": 230}
    password = server.client.post("/chargers", json=described).json()["password"]
    credentials = base64.b64encode(f"c1:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    with connect(f"{server.addresses.ocpp}/c1", subprotocols=["ocpp1.6"], additional_headers=headers) as socket:
        socket.send('[2, "1", "BootNotification", {"chargePointVendor": "v", "chargePointModel": "m"}]')
        socket.recv()
        assert connected(server) == [True]
        server.kill()
    again = Server(server.data, password=server.password)
    try:
        wait_until(lambda: connected(again) == [False])
    finally:
        again.stop()


def connected(server):
    return [charger["connected"] for charger in server.client.get("/sites/s1/chargers").json()["chargers"]]


def wait_until(holds, timeout_s=10):
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_damaged_log_is_said_so_before_anything_is_decided(server):
    server.add_site()
    server.stop()
    file = server.data / "log.sqlite3"
    content = file.read_bytes()
    assert b"location_zone" in content
    file.write_bytes(content.replace(b'"location_zone":"z"', b'"location_zone":"y"'))
    refused = call("serve", "--data", str(server.data), "--port", "0", "--ocpp-port", "0")
    assert refused.returncode == 1
    assert "log.sqlite3" in refused.stderr
    assert "Traceback" not in refused.stderr
    replayed = call("replay", "--data", str(server.data))
    assert replayed.returncode == 1
    assert "log.sqlite3" in replayed.stderr
