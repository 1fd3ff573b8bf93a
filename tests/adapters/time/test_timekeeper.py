"""The timekeeper on a real log: a timer fires once, at its time, and again under the same id after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.time.clock import SimulatedClock
from adapters.time.timekeeper import Timekeeper
from commands.log import topics
from commands.log.codec import decode, encode
from commands.ports.log import Entry, LogFull, Position, Stored
from domain.records import Record, derived_id, input_record
from domain.records.time import TimerDue, TimerSet

START_MS = 1_000_000
HANGS_S = 10
"""What takes so long will never end."""
PROCESSORS = ("sites", "load")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path)
    yield log
    await log.close()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START_MS)


@asynccontextmanager
async def keeping(log: SqliteLog, clock: SimulatedClock) -> AsyncIterator[Timekeeper]:
    """A running timekeeper that knows of every timer set before."""
    keeper = Timekeeper(log, clock)
    running = asyncio.create_task(keeper.run())
    try:
        await settled(keeper)
        yield keeper
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def settled(keeper: Timekeeper) -> None:
    async with asyncio.timeout(HANGS_S):
        while not (keeper.log.quiet() and keeper.idle()):
            await asyncio.sleep(0)


def timer(due_in_ms: int, stream: str = "sites:north", name: str = "tick", set_by: str = "set") -> Record:
    due = TimerSet(name=name, due_ms=START_MS + due_in_ms)
    return input_record(f"{set_by} {stream} {name}", "/processors/test", stream, START_MS, due, actor="a")


def stored(set_timer: Record) -> Stored:
    return Stored(Position(0, 1), f"{set_timer.stream}/{set_timer.data.name}", encode(set_timer))


async def put(log: SqliteLog, *timers: Record) -> None:
    """As the host commits them."""
    await log.append_all([(topics.TIMERS, Entry(f"{one.stream}/{one.data.name}", encode(one))) for one in timers])


async def advance(keeper: Timekeeper, clock: SimulatedClock, to_ms: int) -> None:
    clock.advance_to(START_MS + to_ms)
    await settled(keeper)


async def fired(log: SqliteLog) -> list[Record]:
    """Every input of the processors; those of one processor in the order of appending."""
    inputs = [
        one
        for processor in PROCESSORS
        for partition in range(log.partitions(topics.inputs(processor)))
        for one in await log.read(topics.inputs(processor), partition)
    ]
    return [decode(one.body) for one in sorted(inputs, key=lambda one: one.position.offset)]


async def test_a_timer_fires_once_at_its_time(log: SqliteLog, clock: SimulatedClock) -> None:
    async with keeping(log, clock) as keeper:
        await put(log, timer(1_000))
        await settled(keeper)
        await advance(keeper, clock, 999)
        assert await fired(log) == []

        await advance(keeper, clock, 1_000)
        [told] = await fired(log)
        assert told.data == TimerDue(name="tick", due_ms=START_MS + 1_000)
        assert (told.stream, told.time) == ("sites:north", START_MS + 1_000)

        await advance(keeper, clock, 1_000_000)
        assert await fired(log) == [told]


async def test_the_id_of_what_fires_follows_from_the_timer(log: SqliteLog, clock: SimulatedClock) -> None:
    async with keeping(log, clock) as keeper:
        set_timers = [timer(1), timer(1, name="wake"), timer(1, stream="load:north")]
        await put(log, *set_timers)
        await settled(keeper)
        await advance(keeper, clock, 1)
    expected = {derived_id(one.id, "due") for one in set_timers}
    assert len(expected) == 3
    assert {told.id for told in await fired(log)} == expected


@pytest.mark.parametrize("new_ms", [500, 2_000], ids=["sooner", "later"])
async def test_a_replaced_timer_fires_at_the_new_time_only(log: SqliteLog, clock: SimulatedClock, new_ms: int) -> None:
    async with keeping(log, clock) as keeper:
        await put(log, timer(1_000))
        await settled(keeper)
        await put(log, timer(new_ms, set_by="replaced"))
        await settled(keeper)

        await advance(keeper, clock, new_ms - 1)
        assert await fired(log) == []
        await advance(keeper, clock, new_ms)
        await advance(keeper, clock, 3_000)
        assert [told.data.due_ms for told in await fired(log)] == [START_MS + new_ms]


async def test_a_timer_that_is_set_again_fires_again(log: SqliteLog, clock: SimulatedClock) -> None:
    async with keeping(log, clock) as keeper:
        for turn in (1, 2):
            await put(log, timer(turn * 1_000, set_by=f"turn {turn}"))
            await settled(keeper)
            await advance(keeper, clock, turn * 1_000)
    first, second = await fired(log)
    assert (first.data.due_ms, second.data.due_ms) == (START_MS + 1_000, START_MS + 2_000)
    assert first.id != second.id


async def test_after_a_restart_what_fired_unheard_fires_under_the_same_id(tmp_path: Path) -> None:
    for _ in range(2):
        log = SqliteLog.open(tmp_path)
        try:
            clock = SimulatedClock(START_MS)
            async with keeping(log, clock) as keeper:
                await put(log, timer(1_000))
                await settled(keeper)
                await advance(keeper, clock, 1_000)
            told = await fired(log)
        finally:
            await log.close()
    first, second = told
    assert first == second


async def test_after_a_restart_what_was_heard_fires_no_more_and_the_rest_still_does(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path)
    await put(log, timer(1_000), timer(2_000, name="later"))
    await log.append(topics.TIMERS, [Entry("sites:north/tick", None)])
    await log.close()

    log = SqliteLog.open(tmp_path)
    try:
        clock = SimulatedClock(START_MS + 5_000)
        async with keeping(log, clock):
            [told] = await fired(log)
        assert (told.data.name, told.time) == ("later", START_MS + 5_000)
    finally:
        await log.close()


async def test_those_due_at_once_fire_in_the_order_they_were_due(log: SqliteLog, clock: SimulatedClock) -> None:
    async with keeping(log, clock) as keeper:
        await put(log, timer(300, name="c"), timer(100, name="b"), timer(100, name="a"), timer(200, "sites:south", "d"))
        await put(log, timer(10_000, name="not yet"))
        await settled(keeper)
        await advance(keeper, clock, 300)
        assert [told.data.name for told in await fired(log)] == ["a", "b", "d", "c"]


async def test_it_is_idle_only_when_all_timers_are_waited_for_and_none_is_due(
    log: SqliteLog, clock: SimulatedClock
) -> None:
    assert not Timekeeper(log, clock).idle(), "it does not run yet"
    async with keeping(log, clock) as keeper:
        assert keeper.idle(), "there is nothing to wait for"
        await put(log, timer(1_000))
        await settled(keeper)
        assert clock.next_due() == START_MS + 1_000

        clock.advance_to(START_MS + 1_000)
        assert not keeper.idle(), "one is due"
        await settled(keeper)
        assert len(await fired(log)) == 1, "what was due is on the log when it is idle again"


@pytest.mark.parametrize("turns", range(12))
async def test_whoever_finds_it_idle_finds_the_earliest_timer_waited_for(
    log: SqliteLog, clock: SimulatedClock, turns: int
) -> None:
    """However a new timer comes in between the turns of the loop: else virtual time would step over it."""
    async with keeping(log, clock) as keeper:
        for due_ms in (9_000, 5_000):
            keeper._receive([stored(timer(due_ms))])
            for _ in range(turns):
                await asyncio.sleep(0)
        for _ in range(12):
            if keeper.idle():
                assert clock.next_due() == START_MS + 5_000
            await asyncio.sleep(0)
        assert keeper.idle()


async def test_a_log_that_takes_no_more_stops_it_aloud(
    log: SqliteLog, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> None:
        raise LogFull("no space left")

    keeper = Timekeeper(log, clock)
    running = asyncio.create_task(keeper.run())
    await put(log, timer(1_000))
    await settled(keeper)
    monkeypatch.setattr(log, "append_all", full)
    clock.advance_to(START_MS + 1_000)
    with pytest.raises(LogFull):
        await asyncio.wait_for(running, HANGS_S)


async def test_it_ends_with_the_log(tmp_path: Path, clock: SimulatedClock) -> None:
    log = SqliteLog.open(tmp_path)
    keeper = Timekeeper(log, clock)
    running = asyncio.create_task(keeper.run())
    await put(log, timer(1_000))
    await settled(keeper)
    await log.close()
    await asyncio.wait_for(running, HANGS_S)
    await asyncio.sleep(0)
    assert clock.next_due() is None, "nobody waits any more"
