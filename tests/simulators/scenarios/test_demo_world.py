"""A whole day of the demonstration, from an empty server to the measurements."""

import subprocess
import sys

import orjson
import pytest

from simulators.people.commissioning import NotProven
from simulators.scenarios.demo_world import parse, run
from tests.simulators.charger.central_system import CentralSystem

QUIET_SUNDAY = "2019-03-03"
OPERATOR = b'{"email": "operator@example.org", "password": "a password"}'


@pytest.fixture
async def central():
    """(the small central system, the arguments that lead to it)"""
    system = CentralSystem()
    async with system.ocpp() as ocpp, system.control() as (host, port), system.rest() as rest:
        yield system, ["--server", rest, "--ocpp", ocpp, "--control", f"{host}:{port}"]


async def test_a_day_is_played_and_measured(central, tmp_path, capsys):
    system, where = central
    (tmp_path / "operator.json").write_bytes(OPERATOR)
    more = [
        "--credentials",
        str(tmp_path / "operator.json"),
        "--day",
        QUIET_SUNDAY,
        "--walk-ups",
        "1",
        "--progress",
        "240",
        "--chargers",
        "two_connectors",
    ]
    measured = await run(parse([*where, *more]))

    site = next(body for _, path, body in system.rest_calls if path == "/api/v1/sites")
    assert site["firm_kw"] == 25
    assert site["nodes"][0] == {"id": "site", "parent": None, "kind": "site", "limit_kw": 40.0}
    assert site["nodes"][1] == {"id": "p1", "parent": "site", "kind": "panel", "limit_a": [20.0, 20.0, 20.0]}
    chargers = [body for _, path, body in system.rest_calls if path == "/api/v1/chargers"]
    assert [charger["phases"] for charger in chargers] == [["L1"]] * 3 + [["L2"]] * 3 + [["L3"]] * 3
    assert [charger["id"] for charger in chargers if "connectors" in charger] == ["p1-1", "p2-1", "p3-1"]
    assert [connector["id"] for connector in chargers[0]["connectors"]] == [1, 2]
    attests = [body for _, path, body in system.rest_calls if path.endswith("/commission")]
    assert attests == [{"test_load_a": 13.0, "minutes": 15}] * 12
    caps = [body for _, path, body in system.rest_calls if path.endswith("/grid-limit")]
    assert caps == [{"limit_kw": 25.0, "ends_at": "2019-03-04T00:00:00.000Z", "reason": "utility"}]

    tokens = [start["idTag"] for start in system.received("StartTransaction")]
    assert tokens[:12] == ["technician"] * 12
    assert set(tokens[12:]) <= {f"0303-{n:03}" for n in range(1, 14)} | {"stranger-1", "van", "ambulance"}

    lives = measured["session_lives"]
    assert measured["sessions"] == len(lives) == 13 + 2
    assert measured["delivered_kwh"] == pytest.approx(sum(life["energy_kwh"] for life in lives), abs=0.01)
    assert 0 < measured["delivered_kwh"] <= measured["offline_bound_kwh"] + 1e-6 <= measured["requested_kwh"] + 1e-3
    assert measured["energy_pct_of_bound"] == pytest.approx(
        100 * measured["delivered_kwh"] / measured["offline_bound_kwh"], abs=0.01
    )
    assert [life["unit"] for life in lives if life["unit"]] == ["van", "ambulance"]
    assert 0 < measured["p0_wait_s_max"] < 60
    assert 0 < measured["p1_wait_s_max"] < 60
    assert [measured[name] for name in ("grants", "denials", "denied_because")] == [1, 1, "not proven"]
    told = [(path, body) for _, path, body in system.rest_calls if path.endswith("/telemetry")]
    of_ambulance = [body for path, body in told if path == "/api/v1/vehicles/vehicle-ambulance/telemetry"]
    assert len(of_ambulance) > 10
    assert of_ambulance[0] == {
        "observed_at": "2019-03-03T20:35:00.000Z",
        "soc": 35.0,
        "plugged_in": False,
        "mission_active": True,
        "gps": {"lat": 34.14, "lon": -118.128},
    }
    assert of_ambulance[-1]["soc"] > 35
    claims = [body for path, body in told if path.startswith("/api/v1/vehicles/vehicle-0303")]
    assert [claim["mission_active"] for claim in claims] == [True]
    assert measured["ocpp_errors"] == []
    assert measured["not_waited_for"] == 0
    assert max(sample["load_kw"] for sample in measured["series"]) == measured["peak_kw"] > 0
    assert {sample["cap_kw"] for sample in measured["series"]} == {40.0, 25.0}
    # This central system knows nothing of panels: the truth does.
    assert measured["overload_s"] >= max(node["overload_s"] for node in measured["nodes"])
    progress = [orjson.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [progress[0]["stage"], progress[-1]["stage"]] == ["commissioning", "day"]
    assert progress[-1].keys() >= {"time", "load_kw", "cap_kw", "charging", "waiting", "sessions_done"}


async def test_a_charger_that_is_never_proven_is_named(central, tmp_path, monkeypatch):
    system, where = central
    (tmp_path / "operator.json").write_bytes(OPERATOR)
    monkeypatch.setattr(system, "obedience", "unproven")
    with pytest.raises(NotProven, match="p1-1:1 is 'unproven'"):
        await run(parse([*where, "--credentials", str(tmp_path / "operator.json"), "--day", QUIET_SUNDAY]))


async def test_a_day_without_sessions_is_refused(tmp_path):
    where = ["--server", "http://127.0.0.1:1", "--ocpp", "ws://127.0.0.1:1", "--control", "127.0.0.1:1"]
    with pytest.raises(ValueError, match="--day"):
        await run(parse([*where, "--credentials", "none", "--day", "2018-01-01"]))


def test_the_command_says_what_is_wrong_and_fails(tmp_path):
    (tmp_path / "operator.json").write_bytes(OPERATOR)
    where = ["--server", "http://127.0.0.1:1", "--ocpp", "ws://127.0.0.1:1", "--control", "127.0.0.1:1"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "simulators.scenarios.demo_world",
            *where,
            "--credentials",
            str(tmp_path / "operator.json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ControlLost: 127.0.0.1:1")
