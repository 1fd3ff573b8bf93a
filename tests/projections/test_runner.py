"""The projector: each event once, whatever is delivered again, whoever else projects, and again from the start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from adapters.database import Database
from adapters.log.sqlite.log import SqliteLog
from commands.log.codec import entry
from commands.log.topics import EVENTS
from commands.ports.database import DatabaseUnavailable
from commands.ports.log import LogDamaged, Position, Stored
from domain.records.registry import NodeSpec, SiteRegistered, VehicleRegistered
from projections import progress, sites, vehicles
from projections.runner import Projector
from projections.version import version
from tests.projections.read_models import ReadModels, event

ROOT = NodeSpec(id="main", parent=None, kind="site", limit_w=5)
SITES = ("registry:site:a", "registry:site:b", "registry:site:c", "registry:site:d", "registry:site:e")


def registered(stream: str) -> SiteRegistered:
    return SiteRegistered(site_id=stream[-1], location_zone="z", firm_w=1, nodes=(ROOT,))


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path / "log")
    yield log
    await log.close()


@asynccontextmanager
async def running(projector: Projector) -> AsyncIterator[Projector]:
    task = asyncio.create_task(projector.run())
    try:
        yield projector
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def append(log: SqliteLog, *streams: str) -> list[Position]:
    return list(await log.append(EVENTS, [entry(event(stream, registered(stream))) for stream in streams]))


async def names(database: Database) -> str:
    return "".join(row["id"] for row in await database.read(sites.every))


async def test_it_follows_the_log_and_says_how_far_it_is(log: SqliteLog, database: Database) -> None:
    projector = Projector(log, database)
    ends = await log.ends(EVENTS)
    assert not projector.caught_up(ends)
    async with running(projector):
        for position in await append(log, *SITES):
            assert await projector.passed(position, 5)
        assert await names(database) == "abcde"
        assert projector.caught_up(await log.ends(EVENTS))
        assert dict(projector.position()) == dict(await log.ends(EVENTS))
        last = max(position.offset for position in await append(log, "registry:site:f"))
        assert not await projector.passed(Position(0, last + 1_000), 0.01)


async def test_it_goes_on_where_it_was(log: SqliteLog, database: Database) -> None:
    *_, last = await append(log, *SITES[:2])
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
    await database.write(lambda connection: connection.execute(update(sites.SITES).values(location_zone="seen")))
    *_, last = await append(log, *SITES[2:])
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
        zones = [row["location_zone"] for row in await database.read(sites.every)]
    assert zones == ["seen", "seen", "z", "z", "z"]


async def test_two_projectors_on_one_database_apply_each_event_once(log: SqliteLog, database: Database) -> None:
    async with running(Projector(log, database)) as one, running(Projector(log, database)) as other:
        for position in [place for stream in SITES for place in await append(log, stream)]:
            assert await one.passed(position, 5)
            assert await other.passed(position, 5)
    assert await names(database) == "abcde"


async def test_rebuilt_it_reads_everything_again(log: SqliteLog, database: Database) -> None:
    *_, last = await append(log, *SITES)
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
    await Projector(log, database).rebuild()
    assert await names(database) == ""
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
        assert await names(database) == "abcde"


async def test_one_that_runs_starts_over_when_it_is_rebuilt(log: SqliteLog, database: Database) -> None:
    *_, last = await append(log, *SITES[:4])
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
        await projector.rebuild()
        [last] = await append(log, SITES[4])
        assert await projector.passed(last, 5)
        assert await names(database) == "abcde"


async def test_what_another_version_made_is_made_again(log: SqliteLog, database: Database) -> None:
    *_, last = await append(log, *SITES)
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
    spoil = update(sites.SITES).values(location_zone="old")
    other = update(progress.VERSION).values(version="another")
    await database.write(lambda connection: (connection.execute(spoil), connection.execute(other)))
    async with running(Projector(log, database)) as projector:
        assert await projector.passed(last, 5)
        assert {row["location_zone"] for row in await database.read(sites.every)} == {"z"}
    made_by = await database.read(lambda connection: connection.execute(select(progress.VERSION.c.version)).scalar())
    assert made_by == version()


async def test_one_that_another_build_superseded_stops_writing(log: SqliteLog, database: Database) -> None:
    *_, last = await append(log, *SITES[:4])
    projector = Projector(log, database)
    task = asyncio.create_task(projector.run())
    assert await projector.passed(last, 5)
    other = update(progress.VERSION).values(version="another")
    await database.write(lambda connection: connection.execute(other))
    await append(log, SITES[4])
    with pytest.raises(progress.Superseded, match="another build"):
        await asyncio.wait_for(task, 5)
    assert await names(database) == "abcd"


async def test_a_batch_that_comes_again_changes_nothing(models: ReadModels) -> None:
    vehicle = models.stored(
        event("registry:vehicle:v1", VehicleRegistered(vehicle_id="v1", battery_wh=1, max_ma=None, phases=1))
    )
    site = models.stored(event("registry:site:a", registered("registry:site:a")))
    await models.projector.apply([vehicle, site])
    spoil = update(sites.SITES).values(location_zone="seen")
    await models.database.write(lambda connection: connection.execute(spoil))
    await models.projector.apply([vehicle, site])
    [row] = await models.rows(sites.SITES)
    assert row["location_zone"] == "seen"


async def test_rows_and_position_change_together_or_not_at_all(models: ReadModels) -> None:
    before = dict(models.projector.position())
    site = models.stored(event("registry:site:a", registered("registry:site:a")))
    vehicle = VehicleRegistered(vehicle_id="v1", battery_wh=1, max_ma=None, phases=1)
    await models.database.write(vehicles.VEHICLES.drop)
    with pytest.raises(DatabaseUnavailable):
        await models.projector.apply([site, models.stored(event("registry:vehicle:v1", vehicle))])
    assert await models.rows(sites.SITES) == []
    assert dict(models.projector.position()) == before
    await models.database.write(vehicles.VEHICLES.create)
    await models.projector.apply([site])
    assert len(await models.rows(sites.SITES)) == 1


async def test_events_of_unknown_types_are_passed_over_and_garbage_is_not(models: ReadModels) -> None:
    unknown = b'{"id":"1","type":"new.thing.v9","time":1,"stream":"sites:a","correlationid":"1","data":{"x":1}}'
    await models.projector.apply([Stored(Position(0, 5), "sites:a", unknown)])
    assert models.projector.position()[0] == 5
    with pytest.raises(LogDamaged):
        await models.projector.apply([Stored(Position(0, 6), "sites:a", b"{}")])
    assert models.projector.position()[0] == 5


async def test_read_models_that_know_more_than_a_restored_log_are_made_again(
    log: SqliteLog, database: Any, tmp_path: Path
) -> None:
    await append(log, *SITES[:3])
    async with running(Projector(log, database)) as projector:
        await until_applied(log, projector)
    restored = SqliteLog.open(tmp_path / "restored")
    await append(restored, SITES[3])
    async with running(Projector(restored, database)) as projector:
        await until_applied(restored, projector)
        assert await names(database) == "d"
        await append(restored, SITES[4])
        await until_applied(restored, projector)
    assert await names(database) == "de"
    await restored.close()


async def until_applied(log: SqliteLog, projector: Projector) -> None:
    for partition, offset in (await log.ends(EVENTS)).items():
        if offset:
            assert await projector.passed(Position(partition, offset), timeout_s=10)
