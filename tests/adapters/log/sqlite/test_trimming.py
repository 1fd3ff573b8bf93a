"""Old records go; what is left still reads, and what is missing still shows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from adapters.log.sqlite import trimming
from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.ports.log import Entry, LogDamaged

INPUTS = topics.inputs("sites")
PARTITION = topics.partition_of("key", 4)


@pytest.fixture
async def log(tmp_path: Path) -> SqliteLog:
    log = SqliteLog.open(tmp_path)
    await log.append(INPUTS, [Entry("key", b"%d" % number) for number in range(10)])
    yield log
    await log.close()


async def bodies(log: SqliteLog, after: int = 0) -> list[bytes]:
    return [stored.body for stored in await log.read(INPUTS, PARTITION, after)]


async def test_what_is_before_goes_and_reading_begins_with_what_is_kept(log: SqliteLog) -> None:
    await log.trim(INPUTS, {PARTITION: 4})
    assert await bodies(log) == [b"%d" % number for number in range(3, 10)]
    assert await bodies(log, after=2) == await bodies(log)
    assert await bodies(log, after=6) == [b"6", b"7", b"8", b"9"]


async def test_a_tail_that_was_behind_goes_on_with_what_is_kept(log: SqliteLog) -> None:
    other = log.consumer("sites")
    await (await other.poll(limit=2)).commit([], {})
    await log.trim(INPUTS, {PARTITION: 6})
    assert [stored.body for stored in (await other.poll()).records] == [b"5", b"6", b"7", b"8", b"9"]
    tail = log.tail(INPUTS, {PARTITION: 1})
    assert [stored.body for stored in await anext(tail)] == [b"5", b"6", b"7", b"8", b"9"]


async def test_offsets_and_numbers_go_on_after_all_was_deleted(log: SqliteLog, tmp_path: Path) -> None:
    await log.trim(INPUTS, {PARTITION: 1000})
    assert await bodies(log) == []
    assert (await log.ends(INPUTS))[PARTITION] == 10
    await log.close()
    log = SqliteLog.open(tmp_path)
    (position,) = await log.append(INPUTS, [Entry("key", b"new")])
    assert position.offset == 11
    assert await bodies(log) == [b"new"]
    assert not log.consumer("sites").caught_up()
    await log.close()


async def test_a_consumer_whose_inputs_are_gone_has_caught_up_once_it_looked(log: SqliteLog) -> None:
    consumer = log.consumer("sites")
    await log.trim(INPUTS, {PARTITION: 1000})
    await log.append(INPUTS, [Entry("key", b"new")])
    batch = await consumer.poll()
    await batch.commit([], {})
    assert [stored.body for stored in batch.records] == [b"new"]
    assert consumer.caught_up()


async def test_more_than_one_slice_goes(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "SLICE", 3)
    await log.trim(INPUTS, {PARTITION: 9})
    assert await bodies(log) == [b"8", b"9"]


async def test_partitions_are_trimmed_each_for_itself(log: SqliteLog) -> None:
    await log.append(INPUTS, [Entry(f"{number}", b"other") for number in range(20)])
    ends = await log.ends(INPUTS)
    await log.trim(INPUTS, {PARTITION: 11, **{other: 10**6 for other in ends if other != PARTITION}})
    assert await log.ends(INPUTS) == ends
    assert [bool(await log.read(INPUTS, partition)) for partition in ends] == [other == PARTITION for other in ends]


async def test_what_was_never_appended_needs_no_trimming(log: SqliteLog) -> None:
    before = await log.ends(INPUTS)
    await log.trim("some.topic", {0: 100})
    assert set((await log.ends("some.topic")).values()) == {0}
    assert await log.ends(INPUTS) == before


async def test_tables_are_not_trimmed(log: SqliteLog) -> None:
    with pytest.raises(ValueError, match="table"):
        await log.trim(topics.DESIRED, {0: 1})


async def test_a_record_that_vanished_otherwise_is_damage(log: SqliteLog, tmp_path: Path) -> None:
    await log.trim(INPUTS, {PARTITION: 4})
    with sqlite3.connect(tmp_path / "log.sqlite3") as thief:
        thief.execute(f'DELETE FROM "{INPUTS}" WHERE offset = 4')
    thief.close()
    with pytest.raises(LogDamaged, match=f"{INPUTS}, partition {PARTITION}: record 4 is missing before record 5"):
        await bodies(log)
