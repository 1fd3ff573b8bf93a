"""The benchmark of steps: every recorded input is decided again and counted."""

import asyncio
from pathlib import Path

from benchmarks.steps import run
from services.base.first_start import prepare_operator


def test_each_processor_with_inputs_has_a_row(tmp_path: Path) -> None:
    asyncio.run(prepare_operator(tmp_path, now_ms=1_700_000_000_000))

    (row,) = run(tmp_path, tmp_path / "report.json")

    assert (row["processor"], row["inputs"], row["streams"]) == ("registry", 1, 1)
    assert row["busiest"]["inputs"] == 1
    assert row["busiest"]["stream"].startswith("registry:account:")
    assert 0 < row["read_us"] < row["mean_us"] == row["p99_us"]
    assert row["state_bytes_max"] > 0
    assert (tmp_path / "report.json").exists()
