"""Quiet: everything written has been handled; and a copy of the log for who wants to check it."""

from __future__ import annotations

import asyncio

from adapters.log.sqlite.copying import copy_without_states
from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.ports.log import Entry

INPUTS = topics.inputs("load")


async def until(holds):
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0)


async def test_a_follower_that_has_not_come_back_for_more_is_waited_for(tmp_path):
    log = SqliteLog.open(tmp_path)
    try:
        follower = log.tail(topics.EVENTS, {})
        await log.append(topics.EVENTS, [Entry("k", b"1")])
        page = await anext(follower)
        assert [stored.body for stored in page] == [b"1"]
        assert not log.quiet()
        more = asyncio.ensure_future(anext(follower))
        await until(log.quiet)
        await log.append(topics.EVENTS, [Entry("k", b"2")])
        assert not log.quiet()
        assert [stored.body for stored in await more] == [b"2"]
    finally:
        await follower.aclose()
        await log.close()


async def test_inputs_that_are_not_committed_are_waited_for(tmp_path):
    log = SqliteLog.open(tmp_path)
    try:
        consumer = log.consumer("load")
        assert log.quiet()
        writing = asyncio.ensure_future(log.append(INPUTS, [Entry("load:s", b"1")]))
        await asyncio.sleep(0)
        assert not log.quiet()
        await writing
        batch = await consumer.poll()
        assert not log.quiet()
        await batch.commit([], {})
        assert log.quiet()
    finally:
        await log.close()


async def test_moved_returns_when_a_write_was_answered(tmp_path):
    log = SqliteLog.open(tmp_path)
    try:
        moved = asyncio.ensure_future(log.moved(60))
        await asyncio.sleep(0)
        assert not moved.done()
        await log.append(topics.EVENTS, [Entry("k", b"1")])
        await asyncio.wait_for(moved, 10)
    finally:
        await log.close()


async def test_a_copy_has_all_inputs_and_events_and_no_states(tmp_path):
    log = SqliteLog.open(tmp_path / "log")
    consumer = log.consumer("load")
    await log.append(INPUTS, [Entry("load:s", b"in")])
    batch = await consumer.poll()
    await batch.commit([(topics.EVENTS, Entry("load:s", b"out"))], {"load:s": b"state"})
    consumed = await log.consumed("load")
    await log.close()
    copy_without_states(tmp_path / "log", tmp_path / "copy")
    copy = SqliteLog.open(tmp_path / "copy", read_only=True)
    try:
        partition = topics.partition_of("load:s", copy.partitions(INPUTS))
        assert [stored.body for stored in await copy.read(INPUTS, partition)] == [b"in"]
        assert [stored.body for stored in await copy.read(topics.EVENTS, partition)] == [b"out"]
        assert await copy.consumed("load") == consumed
        assert await copy.table(topics.states("load")) == {}
    finally:
        await copy.close()
