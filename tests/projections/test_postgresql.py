"""Projectors that share a PostgreSQL: whoever is killed, each event is applied once, in order, by one of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import URL, select, text

from adapters.database import Database
from adapters.log.sqlite.log import SqliteLog
from commands.log.codec import entry
from commands.log.topics import EVENTS
from commands.ports.database import DatabaseUnavailable
from domain.records import Record
from domain.records.registry import NodeSpec, SiteRegistered
from projections import progress
from projections.catalogue import PROJECTIONS
from projections.projection import METADATA
from projections.runner import Projector
from tests.postgres import Postgres
from tests.projections.projecting import PROJECTION, TOLD
from tests.projections.read_models import ReadModels, event
from tests.projections.test_batches import RECORDS

ROOT = Path(__file__).resolve().parents[2]
STREAMS = [f"registry:site:{name}" for name in "abcdefgh"]
NODE = NodeSpec(id="main", parent=None, kind="site", limit_w=5)
EACH = 60
IN_ORDER = dict.fromkeys(STREAMS, ",".join(map(str, range(EACH))))
WAITING = "waiting for the database"


def numbered(number: int) -> list[Record]:
    """One event for each stream, which tells its number."""
    payload = SiteRegistered(site_id="s", location_zone="z", firm_w=number, nodes=(NODE,))
    return [event(stream, payload.model_copy(update={"site_id": stream[-1]})) for stream in STREAMS]


class Worker:
    """A projector's process."""

    def __init__(self, log: Path, url: URL, said: Path) -> None:
        self._said = said
        command = [sys.executable, "-m", "tests.projections.projecting", log, url.render_as_string(hide_password=False)]
        with said.open("ab") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def says(self, words: str) -> None:
        """Return when it has said them."""
        while words not in self._said.read_text():
            await asyncio.sleep(0.02)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path / "log")
    yield log
    await log.close()


@contextmanager
def tables(url: URL) -> Iterator[Database]:
    database = Database(url, durable=False, schema="read_models")
    database.create(TOLD.metadata)
    try:
        yield database
    finally:
        database.close()


async def applied(log: SqliteLog, database: Database, workers: list[Worker]) -> None:
    """Return when all events are applied, by workers that live."""
    ends = await log.ends(EVENTS)
    while await consumed(database) != ends:
        assert all(worker.process.poll() is None for worker in workers), "a projector died of it"
        await asyncio.sleep(0.02)


async def consumed(database: Database) -> dict[int, int] | None:
    try:
        found = await database.read(lambda connection: connection.execute(select(progress.CONSUMED)).all())
    except DatabaseUnavailable:  # a projector makes the tables
        return None
    return {row.partition: row.offset for row in found}


async def rows(database: Database) -> dict[str, Any]:
    def read(connection: Any) -> dict[str, Any]:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }

    return await database.read(read)


async def rebuilt(log: SqliteLog, folder: Path) -> dict[str, Any]:
    """What one projector alone makes of the whole log."""
    database = Database(f"sqlite:///{folder / 'rebuilt.sqlite3'}", durable=False)
    projector = Projector(log, database)
    running = asyncio.create_task(projector.run())
    while not projector.caught_up(await log.ends(EVENTS)):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    try:
        return await rows(database)
    finally:
        database.close()


async def numbers_told(database: Database) -> dict[str, str]:
    rows = await database.read(lambda connection: connection.execute(select(TOLD)).all())
    return {row.stream: row.numbers for row in rows if row.stream in STREAMS}


async def each_once(log: SqliteLog, database: Database, folder: Path) -> None:
    assert await numbers_told(database) == IN_ORDER
    assert await rows(database) == await rebuilt(log, folder)


async def test_of_two_that_apply_the_same_at_once_one_does(new_postgres_url: Callable[[], URL]) -> None:
    url = new_postgres_url()
    with tables(url) as database, tables(url) as another:
        told = [await ReadModels(one, (*PROJECTIONS, PROJECTION)).start() for one in (database, another)]
        for number in range(EACH):
            records = numbered(number)
            applying = [one.projector.apply([one.stored(record) for record in records]) for one in told]
            done = await asyncio.gather(*applying, return_exceptions=True)
            assert sorted(map(type, done), key=repr) == [type(None), progress.Overtaken]
            for one, outcome in zip(told, done, strict=True):
                if outcome is not None:
                    await one.projector._read_position()
        assert await numbers_told(database) == IN_ORDER


@pytest.mark.parametrize("seed", range(2))
async def test_two_that_are_killed_apply_each_event_once(
    log: SqliteLog, new_postgres_url: Callable[[], URL], tmp_path: Path, seed: int
) -> None:
    draw, kills, url = Random(seed), 0, new_postgres_url()
    with tables(url) as database:
        workers = [Worker(tmp_path / "log", url, tmp_path / f"said-{name}") for name in range(2)]
        try:
            await applied(log, database, workers)
            for number in range(EACH):
                await log.append(EVENTS, [entry(record) for record in numbered(number)])
                if number == EACH // 2:
                    await log.append(EVENTS, [entry(record) for record in RECORDS])
                if draw.random() < 0.15:
                    kills += 1
                    victim = draw.randrange(2)
                    workers[victim].kill()
                    workers[victim] = Worker(tmp_path / "log", url, tmp_path / f"said-{victim}")
                await asyncio.sleep(draw.random() / 20)
            await applied(log, database, workers)
            await each_once(log, database, tmp_path)
            assert kills
        finally:
            for worker in workers:
                worker.kill()


def crash(server: Postgres) -> None:
    server.stop("immediate")


@pytest.mark.parametrize("end", [Postgres.kill, crash], ids=["kill-9", "immediate"])
async def test_a_server_that_comes_back_under_load_has_lost_nothing(
    log: SqliteLog, fragile_postgres: Postgres, tmp_path: Path, end: Callable[[Postgres], None]
) -> None:
    url = fragile_postgres.new_database()
    with tables(url) as database:
        workers = [Worker(tmp_path / "log", url, tmp_path / "said")]
        try:
            await log.append(EVENTS, [entry(record) for record in RECORDS])
            await applied(log, database, workers)
            for number in range(EACH):
                await log.append(EVENTS, [entry(record) for record in numbered(number)])
                if number == EACH // 3:
                    await asyncio.to_thread(end, fragile_postgres)
                if number == EACH // 2:
                    await workers[0].says(WAITING)
                    await asyncio.to_thread(fragile_postgres.start)
                await asyncio.sleep(0.01)
            await applied(log, database, workers)
            await each_once(log, database, tmp_path)
        finally:
            workers[0].kill()


async def test_text_sorts_byte_by_byte_whatever_the_locale(new_postgres_url: Callable[[], URL]) -> None:
    with tables(new_postgres_url()) as database:
        await database.write(progress.prepare)
        columns = text(
            "SELECT DISTINCT collation_name FROM information_schema.columns "
            "WHERE table_schema = 'read_models' AND data_type = 'character varying'"
        )
        assert await database.read(lambda connection: connection.execute(columns).scalars().all()) == ["C"]
