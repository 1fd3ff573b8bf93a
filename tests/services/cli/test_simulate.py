"""Simulated chargers beside a real server, on real time; a charger's proof, which takes 40 s, is part of the tour."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from services.cli.app import app
from services.cli.simulate import PASSWORD
from tests.services.server import ROOT, Server, command

CHARGER = {"id": "c1", "site_id": "s1", "node": "p1", "phases": ["L1"], "max_a": 16, "voltage_v": 230}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("simulate") / "data"
    data.mkdir()
    running = Server(data)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def charger(server, tmp_path_factory):
    """A file with what POST /chargers answered."""
    server.add_site()
    file = tmp_path_factory.mktemp("charger") / "c1.json"
    file.write_text(server.client.post("/chargers", json=CHARGER).text)
    return file


@contextmanager
def simulating(server, *arguments):
    """The command in a process of its own."""
    where = ("--server", server.addresses.api, "--ocpp", server.addresses.ocpp)
    environment = dict(os.environ, **{PASSWORD: server.password})
    process = subprocess.Popen(
        command("simulate", *where, *arguments), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_until(holds, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def chargers(server, site_id):
    return server.client.get(f"/sites/{site_id}/chargers").json()["chargers"]


def test_a_car_comes_when_its_session_is_assigned_and_leaves_when_the_world_is_stopped(server, charger):
    vehicle = {"vin": "WVWZZZAUZLW000001", "battery_kwh": 60, "token": "CARD-1"}
    server.client.post("/vehicles", json=vehicle)
    asked = {"vehicle_id": vehicle["vin"], "site_id": "s1", "target_soc": 80, "time_constraint_minutes": 60}
    session = server.client.post("/sessions/request", json=asked).json()
    path = f"/sessions/{session['id']}"

    def is_now(state):
        return lambda: server.client.get(path).json()["state"] == state

    with simulating(server, "--charger", str(charger), "--token", "CARD-1") as world:
        wait_until(is_now("offered"))
        assert chargers(server, "s1")[0]["status"] == "available"
        assert server.client.post(f"{path}/accept").status_code == 200
        wait_until(is_now("charging"))
        world.send_signal(signal.SIGINT)
        assert world.wait(20) == 0
        wait_until(is_now("completed"))
        wait_until(lambda: chargers(server, "s1")[0]["connected"] is False)


def test_a_hub_brings_its_own_site_and_goes_away_when_it_is_told_to(server):
    def hub():
        return [site["id"] for site in server.client.get("/sites").json()["sites"] if site["id"].startswith("hub-")]

    def with_test_loads():
        return hub() and [told["status"] for told in chargers(server, hub()[0])] == ["charging"] * 3

    with simulating(server, "--cars", "2") as world:
        wait_until(with_test_loads)
        world.send_signal(signal.SIGTERM)
        assert world.wait(20) == 0
        assert [told["connected"] for told in chargers(server, hub()[0])] == [False] * 3


def invoke(*arguments, password="x"):
    return CliRunner().invoke(app, ["simulate", *arguments], env={PASSWORD: password, "COLUMNS": "300"})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "either --charger FILE or --cars N"),
        (["--charger", "c1.json", "--cars", "2"], "either --charger FILE or --cars N"),
        (["--charger", "c1.json"], "--commission, or the --token"),
        (["--charger", "c1.json", "--token", "t", "--soc", "81"], "--soc must not lie above --target-soc"),
        (["--cars", "2", "--password-file", "/no/such/file"], "--password-file"),
    ],
)
def test_what_does_not_go_together_is_said_in_words(arguments, words):
    refused = invoke(*arguments)
    assert refused.exit_code == 2
    assert words in refused.output


def test_without_a_password_it_says_where_it_looks_for_one():
    refused = invoke("--cars", "2", password="")
    assert refused.exit_code == 2
    assert PASSWORD in refused.output


def test_a_wrong_password_is_said(server, tmp_path):
    file = tmp_path / "password"
    file.write_text("not hers\n")
    refused = invoke("--server", server.addresses.api, "--cars", "2", "--password-file", str(file))
    assert refused.exit_code == 1
    assert "401" in refused.output


def test_a_server_that_is_not_there_is_said(charger):
    refused = invoke("--server", "http://127.0.0.1:9", "--charger", str(charger), "--token", "t")
    assert refused.exit_code == 1
    assert "POST /login: ConnectError" in refused.output


def test_a_file_that_holds_something_else_is_said(tmp_path):
    file = tmp_path / "c1.json"
    file.write_text('{"id": "c1"}')
    refused = invoke("--charger", str(file), "--token", "t")
    assert refused.exit_code == 1
    assert f"{file} does not hold what POST /chargers answered" in refused.output
