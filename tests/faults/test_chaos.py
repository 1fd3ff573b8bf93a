"""A cluster keeps its word while its services die and halt and its servers restart: `./commonwatt bench chaos`.

Bounded by work: as many faults as in three minutes of `./commonwatt campaign chaos`, but closer together.
"""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.chaos.bench import run
from services.local.cluster_servers import NoServers

COMMANDS = 600
FAULTS = {"SIGKILL": 5, "SIGTERM": 5, "SIGSTOP": 5, "restart": 1, "crash": 1}


@pytest.mark.long
def test_all_holds_after_faults_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        found = run(minutes=1, every_s=4, commands=COMMANDS)
    except NoServers as error:
        pytest.skip(f"no cluster here ({error})")
    assert found["ok"], capsys.readouterr().out
    assert Counter(found["faults"]) == FAULTS
    assert found["answered"] >= COMMANDS
