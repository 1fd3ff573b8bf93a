from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.log.outcomes import LogOutcomes
from adapters.log.sqlite.log import SqliteLog
from adapters.ocpp import Gateway, Settings
from adapters.time.clock import SimulatedClock
from tests.adapters.ocpp.charger import Charger
from tests.adapters.ocpp.site import Site, open_site
from tests.adapters.ocpp.world import DIALECTS, NOW_MS, Directory, FullLog, Kernel, World


@pytest.fixture
def settings() -> Settings:
    """The set-up of a charger comes late, so that it does not mix with what a test looks at."""
    return Settings(decision_timeout_s=5.0, configure_after_ms=3_600_000)


@pytest.fixture
async def world(tmp_path: Path, settings: Settings) -> AsyncIterator[World]:
    log = SqliteLog.open(tmp_path)
    store, clock, directory, outcomes = FullLog(log), SimulatedClock(NOW_MS), Directory(), LogOutcomes(log)
    kernel = Kernel(log)
    following, deciding = asyncio.create_task(outcomes.run()), asyncio.create_task(kernel.run())
    gateway = Gateway(store, clock, directory, outcomes, settings, dialects=DIALECTS)  # type: ignore[arg-type]
    made = World(log, store, clock, directory, outcomes, gateway, kernel)
    made.port = await gateway.start("127.0.0.1", 0)
    yield made
    for charger in made.chargers:
        await charger.close()
    await made.gateway.close()
    deciding.cancel()
    await asyncio.wait([deciding])
    await log.close()
    await following


@pytest.fixture
async def charger(world: World) -> Charger:
    return await world.connect()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Gateways A and B; the charger CP1 is registered."""
    async with open_site(tmp_path) as made:
        yield made
