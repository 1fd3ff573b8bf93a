"""One thread, one commit for all that wait, on the disk when it is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import pytest

from adapters.log.sqlite import writer
from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.writer import Group
from commands.log import topics
from commands.ports.log import Entry, LogError

PARTITION = topics.partition_of("key", 4)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path)
    yield log
    await log.close()


async def commits_of(log: SqliteLog, bodies: list[bytes]) -> list[str]:
    """Append from as many callers while the writer is held up; the COMMITs that it then takes."""
    statements: list[str] = []
    go_on = Event()

    def hold_up(group: Group) -> None:
        go_on.wait()
        group.connection.set_trace_callback(statements.append)

    held = log.submit(hold_up, writer.GROUP_BYTES)  # fills a commit of its own
    callers = [asyncio.ensure_future(log.append(topics.EVENTS, [Entry("key", body)])) for body in bodies]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(held, *callers)
    return [statement for statement in statements if statement == "COMMIT"][1:]


async def bodies_of(log: SqliteLog) -> list[bytes]:
    return [stored.body for stored in await log.read(topics.EVENTS, PARTITION)]


async def test_all_that_wait_share_a_commit(log: SqliteLog) -> None:
    bodies = [b"%d" % number for number in range(100)]
    assert len(await commits_of(log, bodies)) == 1
    assert await bodies_of(log) == bodies


async def test_a_commit_does_not_grow_for_ever(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "GROUP_BYTES", 1000)
    bodies = [b"%d" % number + b"." * 400 for number in range(10)]
    assert len(await commits_of(log, bodies)) == 5
    assert await bodies_of(log) == bodies


async def test_a_commit_is_on_the_disk_when_it_returns(log: SqliteLog) -> None:
    def settings(group: Group) -> list[object]:
        pragmas = ("journal_mode", "synchronous")
        return [group.connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]

    full = 2
    assert await log.submit(settings) == [b"wal", full]


async def test_who_takes_over_sees_what_the_predecessor_had_handed_in(log: SqliteLog) -> None:
    await log.append(topics.inputs("sites"), [Entry("sites:a", b"input")])
    batch = await log.consumer("sites").poll()
    statements: list[str] = []
    reached, go_on = Event(), Event()

    def stop_at_second_commit(statement: str) -> None:
        statements.append(statement)
        if statements.count("COMMIT") == 2:
            reached.set()
            go_on.wait()

    await log.submit(lambda group: group.connection.set_trace_callback(stop_at_second_commit))
    committing = asyncio.ensure_future(batch.commit([], {"sites:a": b"state"}))
    await asyncio.to_thread(reached.wait)
    successor = asyncio.ensure_future(log.consumer("sites").states())
    for _ in range(5):  # reads go on meanwhile, and one that didn't wait would find nothing
        assert await log.table(topics.states("sites")) == {}
    go_on.set()
    assert await successor == {"sites:a": b"state"}
    await committing


async def test_a_defect_in_one_job_writes_nothing_and_the_next_ones_work(log: SqliteLog) -> None:
    def break_down(group: Group) -> None:
        group.add(topics.EVENTS, PARTITION, "key", b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await log.submit(break_down)
    (position,) = await log.append(topics.EVENTS, [Entry("key", b"whole")])
    assert position.offset == 1
    assert await bodies_of(log) == [b"whole"]


async def test_an_append_whose_caller_gave_up_disturbs_nobody(log: SqliteLog) -> None:
    impatient = asyncio.ensure_future(log.append(topics.EVENTS, [Entry("key", b"impatient")]))
    patient = asyncio.ensure_future(log.append(topics.EVENTS, [Entry("key", b"patient")]))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert await bodies_of(log) == [b"impatient", b"patient"]


def test_what_was_handed_in_is_written_even_if_the_event_loop_ends_before(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path)
    waited = Event()

    async def hand_in_and_leave() -> None:
        log.submit(lambda group: waited.wait())
        log.submit(lambda group: group.add(topics.EVENTS, PARTITION, "key", b"body"))

    async def finish() -> list[bytes]:
        await log.close()
        again = SqliteLog.open(tmp_path)
        found = await bodies_of(again)
        await again.close()
        return found

    asyncio.run(hand_in_and_leave())
    waited.set()
    assert asyncio.run(finish()) == [b"body"]


async def test_large_pages_end_early_and_lose_nothing(log: SqliteLog) -> None:
    bodies = [b"%d" % number + b"x" * 3_000_000 for number in range(7)]
    await log.append(topics.EVENTS, [Entry("key", body) for body in bodies])
    found: list[bytes] = []
    after, pages = 0, 0
    while page := await log.read(topics.EVENTS, PARTITION, after):
        found += [stored.body for stored in page]
        after, pages = page[-1].position.offset, pages + 1
    assert found == bodies
    assert pages > 1


async def test_a_partition_that_is_none_is_refused(log: SqliteLog) -> None:
    with pytest.raises(ValueError, match="partition: 4 is not one of 4"):
        await log.read(topics.EVENTS, 4)


async def test_a_plain_topic_is_no_table(log: SqliteLog) -> None:
    with pytest.raises(ValueError, match="events is no table"):
        await log.table(topics.EVENTS)


async def test_closing_twice_is_fine_and_a_closed_log_takes_nothing(log: SqliteLog) -> None:
    await log.close()
    await log.close()
    with pytest.raises(LogError, match="closed"):
        await log.append(topics.EVENTS, [Entry("key", b"late")])
