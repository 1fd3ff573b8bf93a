"""The README's first tour, run as it is written against a fresh server, on real time.

It takes a minute and a quarter. 40 s are the charger's proof: a meter value comes after 30 s, then the decrease and its
confirmation. 20 s are the car's.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from tests.services.server import ROOT, Server

SERVE = "./commonwatt serve\n"
LONGEST_S = 300


def tour() -> list[str]:
    """The commands of the tour, block by block."""
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## A first tour\n")[1].split("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def here(script: str, server: Server) -> str:
    """The script as it must be where the ports are others, and the command line is not prepared by itself."""
    simulate = f"./commonwatt simulate --server {server.addresses.api} --ocpp {server.addresses.ocpp} "
    return (
        script.replace("./commonwatt simulate ", simulate)
        .replace("./commonwatt ", f"{sys.executable} -m services.cli ")
        .replace("http://127.0.0.1:8000", server.addresses.api)
    )


def test_the_tour_works_as_written(tmp_path):
    started, *blocks = tour()
    assert started == SERVE
    data = tmp_path / "data"
    data.mkdir()
    server = Server(data)
    try:
        environment = dict(os.environ, PYTHONPATH=str(ROOT))
        done = subprocess.run(
            ["bash", "-e", "-c", here("".join(blocks), server)],
            input=f"{server.password}\n",
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "c1 is proven" in done.stdout, said
        told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        (finished,) = [one for one in told if one.get("state") == "completed"]
        assert finished["energy_kwh"] == 0.02
        (asked,) = [one for one in told if one.get("state") == "queued" and one["eta"]]
        assert asked["place"] == 1
        (audit,) = [one["decisions"] for one in told if one.keys() == {"decisions"} and "tier" in one["decisions"][0]]
        assert (audit[0]["decision"], audit[0]["tier"], audit[0]["location_zone"]) == ("granted", 0, "u33dc")
        (load,) = [one["points"] for one in told if "points" in one]
        assert load[-1]["load_kw"] > 0
        reviews = [one["status"] for one in told if one.get("status") in ("pending", "granted")]
        assert reviews == ["pending", "granted"]
        (proof,) = [one for one in told if "unprovable" in one]
        assert (proof["type"], proof["equal"]) == ("session.offered.v1", True)
        assert "proof: equal\n" in done.stdout
        assert server.password not in said
        assert done.stdout.endswith("replay: equal\n")
    finally:
        server.stop()
