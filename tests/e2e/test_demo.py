"""A quiet Sunday through the whole system: real sockets, two processes, a lower cap, two kills, and the proof."""

from __future__ import annotations

import json
import os
import subprocess
from subprocess import PIPE

from tests.services.server import ROOT, call, command


def test_a_day_runs_keeps_its_limits_and_is_proved(tmp_path):
    report = tmp_path / "day.json"
    done = call(
        "demo",
        "--day",
        "2019-03-24",
        "--limit-kw",
        "25",
        "--noon-limit-kw",
        "25",
        "--kills",
        "2",
        "--report",
        str(report),
        timeout_s=300,
    )
    assert report.exists(), done.stdout + done.stderr
    assert "/sites/garage (log in as operator@localhost with the password " in " ".join(done.stdout.split())
    figures = json.loads(report.read_text())
    assert figures["kills"] == 2
    assert figures["overload_s"] == 0
    assert figures["cap_lag_s_max"] <= 60
    assert figures["replay_equal"] is True, figures["replay_said"]
    assert figures["peak_kw"] <= figures["limit_kw"]
    assert figures["sessions"] == 10 + 2
    assert figures["p0_wait_s_max"] <= 90
    assert figures["p1_wait_s_max"] > 0
    assert figures["grants"] > 0
    assert figures["denials"] > 0
    assert figures["delivered_kwh"] > 0
    assert report.with_suffix(".html").exists()


def test_a_demo_that_is_told_to_stop_leaves_nothing_behind(tmp_path):
    with subprocess.Popen(command("demo"), cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=PIPE) as demo:
        assert demo.stdout is not None
        said = b""
        while b"garage" not in said:
            said = demo.stdout.readline()
            assert said, "it ended by itself"
        demo.terminate()
        demo.stdout.read()
        assert demo.wait(60) == 143
    assert list(tmp_path.glob("commonwatt-demo-*")) == []
