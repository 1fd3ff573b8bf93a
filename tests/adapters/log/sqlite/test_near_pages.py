"""The end of a topic is read once for all who follow it, and anew whenever it may have changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.reader import Reader
from commands.log import topics
from commands.ports.log import Entry

EVENTS = topics.EVENTS
PARTITION = topics.partition_of("key", 4)


@pytest.fixture
async def log(tmp_path: Path) -> SqliteLog:
    log = SqliteLog.open(tmp_path)
    await log.append(EVENTS, [Entry("key", b"1"), Entry("key", b"2")])
    yield log
    await log.close()


async def bodies(log: SqliteLog) -> list[bytes]:
    return [stored.body for stored in await log.read(EVENTS, PARTITION)]


async def test_two_who_follow_share_a_page(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    page = Reader.page

    def counted(reader: Reader, topic: str, *more: Any) -> Any:
        read.append(topic)
        return page(reader, topic, *more)

    monkeypatch.setattr(Reader, "page", counted)
    tails = [log.tail(EVENTS, {}) for _ in range(3)]
    pages = [await anext(tail) for tail in tails]
    assert [[stored.body for stored in found] for found in pages] == [[b"1", b"2"]] * 3
    assert read == [EVENTS]
    await log.append(EVENTS, [Entry("key", b"3")])
    assert [[stored.body for stored in await anext(tail)] for tail in tails] == [[b"3"]] * 3
    assert read == [EVENTS] * 2
    for tail in tails:
        await tail.aclose()


async def test_what_came_or_went_meanwhile_shows(log: SqliteLog) -> None:
    assert await bodies(log) == [b"1", b"2"]
    await log.append(EVENTS, [Entry("key", b"3")])
    assert await bodies(log) == [b"1", b"2", b"3"]
    await log.trim(EVENTS, {PARTITION: 2})
    assert await bodies(log) == [b"2", b"3"]


async def test_another_topic_or_limit_is_another_page(log: SqliteLog) -> None:
    assert await bodies(log) == [b"1", b"2"]
    assert [stored.body for stored in await log.read(EVENTS, PARTITION, limit=1)] == [b"1"]
    assert await log.read(topics.inputs("sites"), PARTITION) == []
