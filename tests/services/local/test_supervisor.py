"""The supervisor: what ends by itself runs again, what was stopped does not."""

from pathlib import Path

import pytest

from services.local import supervisor
from services.local.supervisor import Service, Supervisor

ENDS_AT_ONCE = Service("one", ["--help"], {})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "AGAIN_S", 0.0)


def test_what_ended_is_started_again_until_it_is_stopped(tmp_path: Path) -> None:
    keeping = Supervisor([ENDS_AT_ONCE], tmp_path)
    keeping.watch()
    first = keeping.pids()["one"]
    while keeping.pids()["one"] == first:
        keeping.watch()

    keeping.stop()
    last = keeping.pids()
    keeping.watch()

    assert keeping.pids() == last
