from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api import call
from tests.api.world import World, running_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as world:
        yield world


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No decision is waited for that has not come already."""
    monkeypatch.setattr(call, "DECISION_WAIT_S", 0.05)
