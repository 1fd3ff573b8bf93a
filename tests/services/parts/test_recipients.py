"""Who an audience is: owners, administrators of the vehicle's enterprise, operators; and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.notify.notices import Notice
from commands.ports.log import Position
from domain.records.registry import VehicleRegistered
from domain.records.sites import SessionQueued
from services.parts.recipients import recipients
from tests.api.world import World, running_world

APPLIED = Position(0, 0)
NOTICE = Notice("driver", "title", "text", 0)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as world:
        await world.account("driver-1", "driver")
        await world.account("driver-2", "driver")
        await world.account("manager-1", "enterprise_admin", "e1")
        await world.account("manager-2", "enterprise_admin", "e2")
        await world.tell(
            ("registry:vehicle:v1", vehicle("v1", owner_id="driver-1", enterprise_id="e1")),
            ("registry:vehicle:v2", vehicle("v2")),
            ("sites:north", queued("s1", "v1")),
            ("sites:north", queued("walk-up", None)),
        )
        yield world


def vehicle(vehicle_id: str, **whose: str) -> VehicleRegistered:
    about = {"battery_wh": None, "max_ma": None, "phases": 1, "owner_id": None, "enterprise_id": None}
    return VehicleRegistered(**{**about, **whose}, vehicle_id=vehicle_id, priority_eligible=False)


def queued(session_id: str, vehicle_id: str | None) -> SessionQueued:
    unknown = dict.fromkeys(("need_wh", "target_permille", "depart_ms", "max_ma"))
    return SessionQueued(
        session_id=session_id, vehicle_id=vehicle_id, site_id="north", tier=2, phases=1, walk_up=False, **unknown
    )


@pytest.mark.parametrize(
    ("about", "accounts"),
    [
        ({"to": "driver", "session_id": "s1"}, ["driver-1"]),
        ({"to": "driver", "vehicle_id": "v1"}, ["driver-1"]),
        ({"to": "fleet", "vehicle_id": "v1"}, ["manager-1"]),
        ({"to": "fleet", "vehicle_id": "v2"}, []),
        ({"to": "driver", "vehicle_id": "v2"}, []),
        ({"to": "driver", "session_id": "walk-up"}, []),
        ({"to": "driver", "session_id": "unknown"}, []),
        ({"to": "operator"}, ["operator-1"]),
    ],
)
async def test_whom_a_notice_is_for(world: World, about: dict, accounts: list[str]) -> None:
    assert await recipients(world.context.database)(replace(NOTICE, **about), APPLIED) == accounts


async def test_it_waits_until_the_read_models_know_of_the_event(world: World) -> None:
    partition, applied = max(world.projector.position().items(), key=lambda reached: reached[1])
    asked = recipients(world.context.database)
    driver = replace(NOTICE, session_id="s1")
    assert await asked(driver, Position(partition, applied)) == ["driver-1"]
    waiting = asyncio.create_task(asked(driver, Position(partition, applied + 1)))
    await asyncio.sleep(0)
    while world.projector.position()[partition] <= applied:
        assert not waiting.done()
        await world.tell(("sites:north", queued("s2", None)))
    async with asyncio.timeout(10):
        assert await waiting == ["driver-1"]
