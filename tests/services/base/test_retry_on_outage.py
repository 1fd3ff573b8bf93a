"""Whoever found no space tries again; any other trouble ends it."""

import pytest

from commands.ports.database import DatabaseUnavailable
from commands.ports.log import LogDamaged, LogFull
from services.base import retry_on_outage


class Loop:
    """Runs into these troubles, one after the other."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)

    async def run(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)


async def test_it_is_run_again_until_there_is_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_on_outage, "POLL_S", 0)
    loop = Loop(LogFull("no space"), DatabaseUnavailable("database or disk is full"))
    await retry_on_outage.retry_on_outage(loop)
    assert loop.troubles == []


async def test_damage_is_no_lack_of_space() -> None:
    with pytest.raises(LogDamaged):
        await retry_on_outage.retry_on_outage(Loop(LogDamaged("a page")))
