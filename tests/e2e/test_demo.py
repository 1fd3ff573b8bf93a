"""A quiet Sunday through the whole system: real sockets, two processes, a lower cap, two kills, and the proof."""

from __future__ import annotations

import json

from tests.services.server import call


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
    figures = json.loads(report.read_text())
    assert figures["kills"] == 2
    assert figures["overload_s"] == 0
    assert figures["cap_lag_s_max"] <= 60
    assert figures["replay_equal"] is True, figures["replay_said"]
    assert figures["peak_kw"] <= figures["limit_kw"]
    assert figures["sessions"] == 10
    assert figures["delivered_kwh"] > 0
    assert report.with_suffix(".html").exists()
