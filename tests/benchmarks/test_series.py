"""The benchmark of time series: it keeps what it says, in both, and leaves no server behind."""

import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from benchmarks import series
from services.local.questdb import QuestDb
from tests.questdb import own_questdb
from tests.services.server import ROOT, command

__all__ = ["own_questdb"]
PATIENCE_S = 60


def test_each_batch_is_kept_in_both(own_questdb: QuestDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TOGETHER": (1, 4), "BATCHES": 3}.items():
        monkeypatch.setattr(series, name, value)

    cells = [*series.cells(own_questdb, tmp_path)]

    found = [(cell["series"], cell["together"], cell["values"]) for cell in cells]
    assert found == [("questdb", 1, 3), ("sqlite", 1, 3), ("questdb", 4, 12), ("sqlite", 4, 12)]
    for cell in cells:
        assert cell["values_s"] > 0
        assert cell["worker_cpu_ms"] > 0
        assert (cell["server_cpu_ms"] > 0) == (cell["series"] == "questdb")


def test_each_charger_tells_its_values_half_a_minute_apart() -> None:
    told = [value for batch in series.batches(2) for value in batch]
    of_one = [value.time_ms for value in told if value.charger_id == told[0].charger_id]
    assert len({value.id for value in told}) == len(told) == 2 * series.BATCHES
    assert {later - earlier for earlier, later in pairwise(of_one)} == {30_000}


@pytest.mark.usefixtures("own_questdb")
def test_told_to_stop_it_ends_its_server() -> None:
    process = subprocess.Popen(
        command("bench", "series"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + PATIENCE_S
    while not (servers := _java(process.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert servers, "it starts one"
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) != 0
    assert psutil.wait_procs(servers, timeout=PATIENCE_S)[1] == []


def _java(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if child.name() == "java"]
