"""One process writes; others may read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.ports.log import Entry, LogBusy, LogError
from tests.adapters.log.sqlite.conftest import Child

PARTITION = topics.partition_of("key", 4)


async def test_a_second_process_is_refused_by_name_until_the_first_is_gone(
    tmp_path: Path, child: Callable[..., Child]
) -> None:
    holder = child("holding", tmp_path)
    assert holder.stdout
    assert holder.stdout.readline() == "holding\n"
    with pytest.raises(LogBusy, match=rf"written by process {holder.pid}:"):
        SqliteLog.open(tmp_path)
    holder.kill()
    holder.wait()
    log = SqliteLog.open(tmp_path)
    assert [stored.body for stored in await log.read(topics.EVENTS, PARTITION)] == [b"held"]
    await log.close()


async def test_the_same_process_cannot_open_it_twice(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path)
    with pytest.raises(LogBusy, match=str(os.getpid())):
        SqliteLog.open(tmp_path)
    await log.close()
    await SqliteLog.open(tmp_path).close()


async def test_read_only_it_is_open_to_many_and_sees_what_is_appended(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path)
    await log.append(topics.EVENTS, [Entry("key", b"before")])
    readers = [SqliteLog.open(tmp_path, read_only=True) for _ in range(2)]
    for reader in readers:
        tail = reader.tail(topics.EVENTS, {})
        assert [stored.body for stored in await anext(tail)] == [b"before"]
        waiting = asyncio.ensure_future(anext(tail))
        await asyncio.sleep(0)
        await log.append(topics.EVENTS, [Entry("key", b"after")])
        assert (await waiting)[0].body == b"after"
        await log.trim(topics.EVENTS, {PARTITION: (await reader.ends(topics.EVENTS))[PARTITION]})
        await log.append(topics.EVENTS, [Entry("key", b"before")])
        await log.trim(topics.EVENTS, {PARTITION: (await reader.ends(topics.EVENTS))[PARTITION]})
    for opened in (*readers, log):
        await opened.close()


async def test_read_only_it_ends_its_tails_when_it_closes(tmp_path: Path) -> None:
    await SqliteLog.open(tmp_path).close()
    reader = SqliteLog.open(tmp_path, read_only=True)
    waiting = asyncio.ensure_future(anext(reader.tail(topics.EVENTS, {}), None))
    await asyncio.sleep(0)
    await reader.close()
    assert await waiting is None


async def test_read_only_it_refuses_to_write(tmp_path: Path) -> None:
    await SqliteLog.open(tmp_path).close()
    reader = SqliteLog.open(tmp_path, read_only=True)
    with pytest.raises(LogError, match="read-only"):
        await reader.append(topics.EVENTS, [Entry("key", b"body")])
    with pytest.raises(LogError, match="read-only"):
        reader.consumer("sites")
    await reader.close()


def test_read_only_it_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="there is no log"):
        SqliteLog.open(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


async def test_the_number_of_partitions_stays(tmp_path: Path) -> None:
    await SqliteLog.open(tmp_path, partitions=6).close()
    with pytest.raises(LogError, match="has 6 partitions a topic, not 4"):
        SqliteLog.open(tmp_path, partitions=4)
    log = SqliteLog.open(tmp_path)
    assert log.partitions(topics.EVENTS) == 6
    await log.close()


@pytest.mark.parametrize("partitions", [0, -1, 65])
def test_an_impossible_number_of_partitions_is_refused(tmp_path: Path, partitions: int) -> None:
    with pytest.raises(ValueError, match="partitions"):
        SqliteLog.open(tmp_path, partitions)


async def test_as_many_partitions_as_it_allows_can_be_read_together(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path, partitions=64)
    await log.append(topics.inputs("sites"), [Entry(f"{number}", b"%d" % number) for number in range(50)])
    batch = await log.consumer("sites").poll()
    assert [stored.body for stored in batch.records] == [b"%d" % number for number in range(50)]
    await log.close()
