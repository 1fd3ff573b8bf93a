"""Read-your-writes beside a projector in another process: by the position that it keeps in the database."""

from __future__ import annotations

import asyncio

import pytest

from adapters.database import Database
from domain.records.registry import VehicleRegistered
from projections.applied import Applied
from tests.projections.read_models import ReadModels, event

VEHICLE = VehicleRegistered(vehicle_id="v1", battery_wh=1, max_ma=None, phases=1)
HANGS_S = 10


async def test_an_event_has_passed_once_the_projector_has_applied_it(models: ReadModels, database: Database) -> None:
    applied = Applied(database)
    stored = models.stored(event("registry:vehicle:v1", VEHICLE))
    waiting = [asyncio.create_task(applied.passed(stored.position, HANGS_S)) for _ in range(3)]
    done, _ = await asyncio.wait(waiting, timeout=0.1)
    assert not done
    await models.projector.apply([stored])
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await applied.passed(stored.position, 0) is True


async def test_who_is_not_told_looks_and_who_is_told_need_not(
    models: ReadModels, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only PostgreSQL tells: on SQLite the projector is beside whoever asks."""
    applied = Applied(database)
    first, second = (models.stored(event("registry:vehicle:v1", VEHICLE)) for _ in range(2))
    running = asyncio.create_task(applied.run())
    await models.projector.apply([first])
    assert await applied.passed(first.position, HANGS_S) is True
    if not database.is_sqlite:
        monkeypatch.setattr("projections.applied.LOOK_S", 3600.0)
    waiting = asyncio.create_task(applied.passed(second.position, HANGS_S))
    await models.projector.apply([second])
    assert await waiting is True
    running.cancel()
    await asyncio.wait([running])


async def test_what_is_not_applied_in_time_has_not_passed(models: ReadModels, database: Database) -> None:
    applied = Applied(database)
    first = models.stored(event("registry:vehicle:v1", VEHICLE))
    second = models.stored(event("registry:vehicle:v1", VEHICLE))
    await models.projector.apply([first])
    assert await applied.passed(second.position, 0.05) is False
    await models.projector.apply([second])
    assert await applied.passed(second.position, HANGS_S) is True
