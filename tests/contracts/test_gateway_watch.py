"""The watch over the gateways on either log, with rows of `chargers.desired` as the kernel writes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from adapters.ocpp.liveness.gateway_watch import GatewayWatch
from adapters.ocpp.liveness.heartbeat import GatewayHeartbeat, stream_of
from adapters.time.clock import SimulatedClock
from commands.log import topics
from commands.log.codec import canonical, decode
from commands.ports.log import Entry, Log, Stored
from domain.load_control.desired import Desired, Owner
from domain.load_control.heartbeats import LOOK_MS, REASON, SILENCE_MS
from domain.records import Record
from domain.records.observations import Disconnected

START_MS = 1_000_000
PATIENCE_S = 60


class Ear:
    """The log as a watch hears it: while `deaf` nothing new reaches it by itself."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.deaf = False
        self.partitions, self.read, self.append, self.ends = log.partitions, log.read, log.append, log.ends
        self.told: dict[str, int] = {}

    async def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        async for page in self._log.tail(topic, after):
            if not self.deaf:
                yield page
                self.told |= {stored.key: stored.position.offset for stored in page}

    async def heard(self, key: str, offset: int) -> None:
        """Return once who listens has taken a row."""
        async with asyncio.timeout(PATIENCE_S):
            while self.told.get(key, 0) < offset:
                await asyncio.sleep(0.005)


class Watch:
    """A watch on a clock of its own."""

    def __init__(self, log: Log) -> None:
        self.ear = Ear(log)
        self.clock = SimulatedClock(START_MS)
        self.running = asyncio.create_task(GatewayWatch(self.ear, self.clock).run())  # type: ignore[arg-type]

    async def waits(self) -> None:
        """Return once it has looked, and waits for the next time."""
        async with asyncio.timeout(PATIENCE_S):
            while self.clock.next_due() != self.clock.now_ms() + LOOK_MS:
                await asyncio.sleep(0.005)

    async def looks_after(self, wait_ms: int) -> None:
        self.clock.advance_to(self.clock.now_ms() + wait_ms)
        await self.waits()


@asynccontextmanager
async def watching(log: Log) -> AsyncIterator[Watch]:
    watch = Watch(log)
    await watch.waits()
    try:
        yield watch
    finally:
        watch.running.cancel()
        await asyncio.wait([watch.running])


async def hold(log: Log, owner: Owner, *watches: Watch) -> None:
    """Let the kernel have decided that a socket owns the charger c1; those who watch know of it."""
    row = Desired("c1", "s1", 1, None, None, owner)
    (position,) = await log.append(topics.DESIRED, [Entry("c1", canonical(row))])
    for watch in watches:
        await watch.ear.heard("c1", position.offset)


async def give_sign(log: Log, gateway_id: str) -> None:
    """Which takes a while to be heard."""
    await GatewayHeartbeat(log, SimulatedClock(START_MS), gateway_id).publish()


async def given_up(log: Log) -> list[Record]:
    inputs = topics.inputs("load")
    pages = [await log.read(inputs, partition) for partition in range(log.partitions(inputs))]
    return [decode(stored.body) for page in pages for stored in page]


async def test_what_a_silent_gateway_holds_is_given_up_once_by_each_who_watches_under_one_id(log: Log) -> None:
    async with watching(log) as one, watching(log) as other:
        await hold(log, Owner("A", "socket", 3), one, other)
        for watch in (one, other):
            await watch.looks_after(SILENCE_MS - LOOK_MS)
        assert await given_up(log) == []
        for watch in (one, other):
            await watch.looks_after(LOOK_MS)
            await watch.looks_after(LOOK_MS)
    first, second = await given_up(log)
    assert first.data == Disconnected(charger_id="c1", connection_id="socket", reason=REASON)
    assert (first.stream, first.id) == ("load:s1", second.id)


async def test_each_time_that_a_socket_is_given_up_is_another_one(log: Log) -> None:
    async with watching(log) as watch:
        for epoch in (1, 2):
            await hold(log, Owner("A", "socket", epoch), watch)
            await watch.looks_after(SILENCE_MS)
    assert len({record.id for record in await given_up(log)}) == 2


async def test_what_a_gateway_holds_that_gives_signs_is_not_given_up(log: Log) -> None:
    async with watching(log) as watch:
        await hold(log, Owner("A", "socket", 1), watch)
        for _ in range(5):
            await give_sign(log, "A")
            await watch.looks_after(SILENCE_MS - LOOK_MS)
    assert await given_up(log) == []


async def test_a_watch_that_was_held_up_reads_on_before_it_judges(log: Log) -> None:
    async with watching(log) as watch:
        await hold(log, Owner("A", "socket", 1), watch)
        watch.ear.deaf = True
        await give_sign(log, "A")
        await watch.looks_after(2 * SILENCE_MS)
        assert await given_up(log) == []

        await watch.looks_after(SILENCE_MS)
        assert len(await given_up(log)) == 1, "no more signs have come"


async def test_a_socket_that_is_decided_long_after_its_gateway_died_is_given_up_too(log: Log) -> None:
    """As where the kernel was away as well."""
    async with watching(log) as watch:
        await give_sign(log, "A")
        await watch.ear.heard(stream_of("A"), 1)
        await watch.looks_after(10 * SILENCE_MS)
        await watch.looks_after(10 * SILENCE_MS)
        await hold(log, Owner("A", "socket", 1), watch)
        await watch.looks_after(LOOK_MS)
        assert len(await given_up(log)) == 1
