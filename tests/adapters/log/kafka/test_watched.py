"""What a process has under way on Kafka: written, told to its readers, decided."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.topics import make_topics
from adapters.log.kafka.watched import WatchedKafkaLog, behind
from commands.log.topics import EVENTS, TIMERS, inputs
from commands.ports.log import Entry
from services.local.broker import Broker
from tests.kafka import settings_of

SITES = inputs("sites")
HANGS_S = 30


@pytest.fixture
async def log(kafka: Broker) -> AsyncIterator[WatchedKafkaLog]:
    settings = settings_of(kafka)
    make_topics(AdminClient(settings.client()), settings.prefix, 2, 1)
    opened = WatchedKafkaLog.open(settings)
    yield opened
    await opened.close()


async def test_who_follows_has_been_told_once_it_took_the_page(log: WatchedKafkaLog) -> None:
    may_go_on, taken = asyncio.Event(), asyncio.Event()

    async def follow() -> None:
        async for _ in log.tail(EVENTS, {}):
            taken.set()
            await may_go_on.wait()

    following = asyncio.create_task(follow())
    await log.append(EVENTS, [Entry("sites:a", b"1")])
    ends = log.written()
    assert list(ends) == [EVENTS]
    async with asyncio.timeout(HANGS_S):
        await taken.wait()
        assert not log.has_delivered(ends)
        may_go_on.set()
        while not log.has_delivered(ends):
            await log.moved(0.1)
    assert log.idle()
    following.cancel()


async def test_a_deleted_row_counts_as_delivered(log: WatchedKafkaLog) -> None:
    async def follow() -> None:
        async for _ in log.tail(TIMERS, {}):
            pass

    following = asyncio.create_task(follow())
    await log.append(TIMERS, [Entry("sites:a/tick", b"1")])
    await log.append(TIMERS, [Entry("sites:a/tick", None)])
    async with asyncio.timeout(HANGS_S):
        while not log.has_delivered(log.written()):
            await log.moved(0.1)
    assert await log.table(TIMERS) == {}
    following.cancel()


async def test_inputs_are_decided_when_their_owner_has_committed_them(log: WatchedKafkaLog) -> None:
    consumer = log.consumer("sites")
    await log.append(SITES, [Entry("sites:a", b"1")])
    ends = log.written()
    async with asyncio.timeout(HANGS_S):
        batch = await consumer.poll()
        assert not await log.has_decided(ends)
        assert behind(ends, [await log.committed()])
        await batch.commit([], {})
        assert await log.has_decided(ends)
        assert not behind(ends, [await log.committed()])
    assert behind(ends, []), "a partition that nobody owns is not decided"
