"""Read models that are made again beside the live ones: nothing is lost, nobody waits, and half of it is nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, update

from adapters.database import Database
from adapters.database.shadow_tables import AlreadyMade, ShadowTables
from adapters.log.sqlite.log import SqliteLog
from commands.log.codec import entry
from commands.log.topics import EVENTS
from projections import progress, rebuilding, sites
from projections.runner import Projector
from tests.projections.test_batches import RECORDS
from tests.projections.test_postgresql import numbered, rebuilt, rows

SPOIL = update(sites.SITES).values(location_zone="spoilt")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path / "log")
    await log.append(EVENTS, [entry(record) for record in RECORDS])
    yield log
    await log.close()


@asynccontextmanager
async def projecting(log: SqliteLog, database: Database) -> AsyncIterator[Projector]:
    projector = Projector(log, database)
    running = asyncio.create_task(projector.run())
    try:
        await current(log, projector)
        yield projector
        await current(log, projector)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def current(log: SqliteLog, projector: Projector) -> None:
    while not projector.caught_up(await log.ends(EVENTS)):
        await asyncio.sleep(0.01)


async def spoil(database: Database) -> None:
    await database.write(lambda connection: connection.execute(SPOIL))


async def zones(database: Database) -> set[str]:
    return {site["location_zone"] for site in await database.read(sites.every)}


async def test_what_was_spoilt_is_as_new(log: SqliteLog, database: Database, tmp_path: Path) -> None:
    async with projecting(log, database):
        await spoil(database)
    told: list[tuple[int, int]] = []
    with ShadowTables.made(database) as shadow:
        await rebuilding.rebuild(log, shadow, lambda *progress: told.append(progress))
    assert await rows(database) == await rebuilt(log, tmp_path)
    assert told[-1] == (1, 1)
    assert all(done <= of for done, of in told)
    assert leftovers(database, tmp_path) == set()
    async with projecting(log, database):
        await log.append(EVENTS, [entry(record) for record in numbered(1)])
    assert await rows(database) == await rebuilt(log, tmp_path / "log")


async def test_one_that_fails_changes_nothing_and_leaves_nothing(
    log: SqliteLog, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with projecting(log, database):
        await spoil(database)
    before = await rows(database)

    async def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    with ShadowTables.made(database) as shadow:
        monkeypatch.setattr(shadow, "put_in_place", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await rebuilding.rebuild(log, shadow, lambda *_: None)
    assert await rows(database) == before
    assert leftovers(database, tmp_path) == set()


def leftovers(database: Database, folder: Path) -> set[str]:
    if database.is_sqlite:
        return {file.name for file in folder.rglob("*.next*")}
    return {name for name in inspect(database.engine).get_schema_names() if name.startswith("read_models_")}


@pytest.fixture
def on_postgresql(new_postgres_url: Any) -> Any:
    database = Database(new_postgres_url(), durable=False, schema="read_models")
    database.create_schema()
    yield database
    database.close()


async def test_readers_and_projectors_go_on_meanwhile(log: SqliteLog, on_postgresql: Database, tmp_path: Path) -> None:
    done = False
    readers: list[list[int]] = []

    async def read_on() -> None:
        readers.append(seen := [])
        while not done:
            seen.append(len(await on_postgresql.read(sites.every)))

    async def append_on() -> None:
        number = 0
        while not done:
            await log.append(EVENTS, [entry(record) for record in numbered(number)])
            number += 1
            await asyncio.sleep(0.005)

    async with projecting(log, on_postgresql):
        await spoil(on_postgresql)
        others = [asyncio.create_task(read_on()) for _ in range(3)] + [asyncio.create_task(append_on())]
        for _ in range(3):
            with ShadowTables.made(on_postgresql) as shadow:
                await rebuilding.rebuild(log, shadow, lambda *_: None)
            assert "spoilt" not in await zones(on_postgresql)
            await spoil(on_postgresql)
        with ShadowTables.made(on_postgresql) as shadow:
            await rebuilding.rebuild(log, shadow, lambda *_: None)
        done = True
        await asyncio.gather(*others)
    assert len(readers) == 3
    assert all(seen == sorted(seen) for seen in readers), "a site vanished for a while"
    assert await rows(on_postgresql) == await rebuilt(log, tmp_path)


async def test_new_ones_that_are_behind_wait_and_then_give_up(
    log: SqliteLog, on_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "CATCH_UP_S", 0.1)
    ahead = update(progress.CONSUMED).values(offset=progress.CONSUMED.c.offset + 1_000)
    async with projecting(log, on_postgresql):
        await spoil(on_postgresql)
    await on_postgresql.write(lambda connection: connection.execute(ahead))
    with ShadowTables.made(on_postgresql) as shadow, pytest.raises(rebuilding.TooSlow):
        await rebuilding.rebuild(log, shadow, lambda *_: None)
    assert await zones(on_postgresql) == {"spoilt"}


def test_one_at_a_time(on_postgresql: Database) -> None:
    first = ShadowTables.made(on_postgresql)
    with first, pytest.raises(AlreadyMade, match="another rebuild"), ShadowTables.made(on_postgresql):
        pass
    with ShadowTables.made(on_postgresql):
        pass


async def test_what_was_interrupted_is_swept_away_by_the_next(
    log: SqliteLog, on_postgresql: Database, tmp_path: Path
) -> None:
    left = Database(on_postgresql.url, durable=False, schema="read_models_next")
    left.create_schema()
    async with projecting(log, left):
        await spoil(left)
    left.close()
    with ShadowTables.made(on_postgresql) as shadow:
        await rebuilding.rebuild(log, shadow, lambda *_: None)
    assert await rows(on_postgresql) == await rebuilt(log, tmp_path)
