"""The benchmark of requests: it measures what it says, on a real server."""

import json
from pathlib import Path

import pytest

from benchmarks import request


def test_it_reports_requests_that_were_decided_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ROUNDS": 1, "REQUESTS": 21, "FLOOR_CALLS": 3}.items():
        monkeypatch.setattr(request, name, value)

    request.run(request.Workload(sites=2, queue=1), tmp_path / "report.json")

    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["requests"], found["errors"], found["read_back"]) == (21, 0, 2)
    assert found["queue_length"] == [1, 12]
    assert 0 < found["p50_ms"] <= found["p99_ms"]
    assert found["ratio_to_floor"] > 0
    assert found["floor"].keys() == {"get", "two_appends"}
    assert found["cpu_ms"].keys() == found["peak_mb"].keys() <= {"server"}
