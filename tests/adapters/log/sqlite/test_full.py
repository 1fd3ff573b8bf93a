"""No space left: nothing is acknowledged, nothing is half there, reading goes on, and with space writing does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.writer import Group
from commands.log import topics
from commands.ports.log import Entry, LogFull
from tests.adapters.log.sqlite.conftest import Child

LARGE = b"x" * 100_000
INPUTS = topics.inputs("sites")
PARTITION = topics.partition_of("key", 4)


async def allow_pages(log: SqliteLog, pages: int) -> None:
    """Let the file grow to so many pages (never less than it has)."""

    def allow(group: Group) -> None:
        group.connection.execute(f"PRAGMA max_page_count = {pages}")

    await log.submit(allow)


@pytest.fixture
async def log(tmp_path: Path) -> SqliteLog:
    log = SqliteLog.open(tmp_path)
    await log.append(topics.EVENTS, [Entry("key", b"before")])
    yield log
    await log.close()


async def bodies(log: SqliteLog, topic: str) -> list[bytes]:
    return [stored.body for stored in await log.read(topic, PARTITION)]


async def test_a_full_log_acknowledges_nothing_and_goes_on_once_there_is_space(log: SqliteLog) -> None:
    await allow_pages(log, 1)
    with pytest.raises(LogFull, match=r"no space is left for .*log\.sqlite3"):
        await log.append_all([(topics.EVENTS, Entry("key", b"small")), (INPUTS, Entry("key", LARGE))])
    assert await bodies(log, topics.EVENTS) == [b"before"]
    assert await bodies(log, INPUTS) == []
    assert (await log.ends(topics.EVENTS))[PARTITION] == 1

    await allow_pages(log, 10**6)
    await log.append_all([(topics.EVENTS, Entry("key", b"after")), (INPUTS, Entry("key", LARGE))])
    assert await bodies(log, topics.EVENTS) == [b"before", b"after"]
    assert await bodies(log, INPUTS) == [LARGE]


async def test_all_that_shared_the_commit_are_refused(log: SqliteLog) -> None:
    await allow_pages(log, 1)
    answers = await asyncio.gather(
        *(log.append(topics.EVENTS, [Entry("key", LARGE)]) for _ in range(5)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [LogFull] * 5
    assert len({id(answer) for answer in answers}) == 5
    assert await bodies(log, topics.EVENTS) == [b"before"]


async def test_a_batch_that_found_no_space_can_be_committed_later(log: SqliteLog) -> None:
    await log.append(INPUTS, [Entry("key", b"input")])
    consumer = log.consumer("sites")
    batch = await consumer.poll()
    await allow_pages(log, 1)
    with pytest.raises(LogFull):
        await batch.commit([(topics.EVENTS, Entry("key", LARGE))], {"sites:a": b"state"})
    assert await consumer.states() == {}
    assert not consumer.caught_up()
    assert (await consumer.poll()).records == batch.records

    await allow_pages(log, 10**6)
    await batch.commit([(topics.EVENTS, Entry("key", LARGE))], {"sites:a": b"state"})
    assert await bodies(log, topics.EVENTS) == [b"before", LARGE]
    assert consumer.caught_up()


async def test_a_file_that_may_not_grow_is_told_and_survived(tmp_path: Path, child: Callable[..., Child]) -> None:
    said, _ = child("filling", tmp_path, 1_000_000).communicate()
    failed, readable = said.splitlines()
    _, number, kind, words = failed.split(maxsplit=3)
    assert int(number) > 5
    assert kind in ("LogFull", "LogError")
    assert "log.sqlite3" in words
    assert readable == f"readable {number}"
    log = SqliteLog.open(tmp_path)
    found = await bodies(log, topics.EVENTS)
    await log.close()
    assert [body[:6] for body in found] == [*(b"%06d" % kept for kept in range(int(number))), b"again"]
