"""A cluster keeps its word while its services die and halt and its servers restart: `./commonwatt bench chaos`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.services.server import ROOT, command


@pytest.mark.long
def test_all_holds_after_three_minutes_of_faults(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("wb") as output:
        arguments = command("bench", "chaos", "--minutes", "3", "--seed", "1")
        ended = subprocess.run(arguments, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False)
    told = said.read_text()
    if "The servers are packages of" in told:
        pytest.skip(f"no cluster here ({told.strip()})")
    assert ended.returncode == 0, told
