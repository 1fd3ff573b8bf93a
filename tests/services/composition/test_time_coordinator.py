"""Time steered over many processes: it goes on only when all of them are there and have handled all that any wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from commands.log.topics import EVENTS, inputs
from services.composition.time_coordinator import TimeCoordinator

START_MS = 1_000
HANGS_S = 10
SITES = inputs("sites")


class OnlyEnds:
    """The log as the coordinator uses it."""

    def __init__(self) -> None:
        self.known: dict[str, dict[int, int]] = {}
        self.asked = 0

    async def ends(self, topic: str) -> dict[int, int]:
        self.asked += 1
        return self.known.get(topic, {})


class Service:
    """A service as it follows: `quiet` is what it answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heard: list[dict] = []

    @classmethod
    async def come(cls, coordinator: TimeCoordinator) -> Service:
        service = cls(*await asyncio.open_connection("127.0.0.1", coordinator.port))
        service.writer.write(b'{"follow": "one"}\n')
        assert orjson.loads(await service.reader.readline()) == {"now": coordinator.now_ms()}
        service.writer.write(b'{"ready": true}\n')
        return service

    async def asked(self) -> None:
        async with asyncio.timeout(HANGS_S):
            question = orjson.loads(await self.reader.readline())
        question["ends"] = {topic: ends for topic, ends in question["ends"].items() if ends}
        self.heard.append(question)

    async def quiet(self, **told: object) -> None:
        await self.asked()
        report = {"written": {}, "committed": {}, "next_due": None, "frames": {}} | told
        self.writer.write(orjson.dumps(report, option=orjson.OPT_NON_STR_KEYS) + b"\n")

    async def leave(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


@pytest.fixture
def log() -> OnlyEnds:
    return OnlyEnds()


@pytest.fixture
async def coordinator(log: OnlyEnds) -> AsyncIterator[TimeCoordinator]:
    part = TimeCoordinator(log, START_MS, expected=2, port=0)
    async with asyncio.TaskGroup() as tasks:
        await part.start(tasks)
        yield part
        await part.stop()


@pytest.fixture
async def services(coordinator: TimeCoordinator) -> AsyncIterator[list[Service]]:
    here = [await Service.come(coordinator) for _ in range(2)]
    yield here
    for service in here:
        await service.leave()


async def still_waits(task: asyncio.Task[None]) -> bool:
    done, _ = await asyncio.wait([task], timeout=0.1)
    return not done


async def test_all_quiet_at_once(coordinator: TimeCoordinator, services: list[Service]) -> None:
    settled = asyncio.create_task(coordinator.settled())
    await services[0].quiet(next_due=7_000, frames={"c1": [3, 4]})
    await services[1].quiet(next_due=5_000, frames={"c2": [1, 1]})
    await settled
    assert coordinator.next_due() == 5_000
    assert coordinator.frames() == {"c1": (3, 4), "c2": (1, 1)}
    assert services[0].heard == [{"now": START_MS, "ends": {}}]


async def test_what_one_wrote_all_must_have_handled(coordinator: TimeCoordinator, services: list[Service]) -> None:
    settled = asyncio.create_task(coordinator.settled())
    await services[0].quiet(written={EVENTS: {0: 9}})
    await services[1].quiet()
    await services[0].quiet(written={EVENTS: {0: 9}})
    await services[1].quiet(written={EVENTS: {0: 4, 1: 2}})
    assert [heard["ends"] for heard in services[1].heard] == [{}, {EVENTS: {"0": 9}}]
    assert await still_waits(settled)
    for service in services:
        await service.quiet()
    await settled
    assert services[0].heard[-1]["ends"] == {EVENTS: {"0": 9, "1": 2}}


async def test_an_input_that_nobody_owns_is_not_handled(coordinator: TimeCoordinator, services: list[Service]) -> None:
    settled = asyncio.create_task(coordinator.settled())
    await services[0].quiet(written={SITES: {0: 3, 1: 8}})
    await services[1].quiet()
    await services[0].quiet(committed={SITES: {0: 3}})
    await services[1].quiet(committed={SITES: {}})
    assert await still_waits(settled)
    await services[0].quiet(committed={SITES: {0: 3}})
    await services[1].quiet(committed={SITES: {1: 8}})
    await settled


async def test_time_waits_for_who_is_missing(coordinator: TimeCoordinator) -> None:
    first = await Service.come(coordinator)
    settled = asyncio.create_task(coordinator.settled())
    assert await still_waits(settled)
    second = await Service.come(coordinator)
    await first.quiet()
    await second.quiet()
    await settled
    await first.leave()
    await second.leave()


async def test_who_dies_may_have_written_what_nobody_told(
    coordinator: TimeCoordinator, services: list[Service], log: OnlyEnds
) -> None:
    settled = asyncio.create_task(coordinator.settled())
    await services[0].asked()
    await services[0].leave()
    await services[1].quiet()
    log.known = {EVENTS: {0: 77}}
    assert await still_waits(settled)
    services[0] = await Service.come(coordinator)
    for service in services:
        await service.quiet()
    await settled
    assert services[1].heard[-1]["ends"][EVENTS] == {"0": 77}


async def test_time_does_not_go_back(coordinator: TimeCoordinator) -> None:
    coordinator.advance_to(START_MS + 5)
    with pytest.raises(ValueError, match="does not go back"):
        coordinator.advance_to(START_MS)
