"""Of three brokers each is killed once, and stays away until the others have taken over: all goes on, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import differences, make_topics
from domain.records import Record
from services.local.brokers import Brokers
from tests.adapters.log.kafka.story import INPUTS, assert_exactly_once, handled, inputs, tell, working


@pytest.fixture
def brokers(kafka: object, tmp_path: Path) -> Iterator[Brokers]:
    """Three that the test may kill; skipped where the shared one does not run either."""
    three = Brokers(tmp_path, 3)
    try:
        three.start()
        yield three
    finally:
        three.stop()


@pytest.fixture
async def replicated(brokers: Brokers) -> AsyncIterator[KafkaLog]:
    settings = KafkaSettings(brokers=brokers.address, session_timeout_ms=2_000, attempt_timeout_s=3)
    admin = AdminClient(settings.client())
    make_topics(admin, settings.prefix, partitions=4, replication=brokers.replicas)
    assert differences(admin, settings.prefix, partitions=4, replication=3) == []
    log = KafkaLog.open(settings)
    yield log
    await log.close()


async def told_and_handled(log: KafkaLog, already: int) -> list[Record]:
    more = inputs(already, 24)
    await tell(log, more)
    await handled(log)
    return more


async def test_any_one_of_three_may_die(brokers: Brokers, replicated: KafkaLog) -> None:
    given: list[Record] = []
    async with asyncio.TaskGroup() as tasks:
        workers = tasks.create_task(working(replicated.settings))
        for node in brokers.nodes:
            given += await told_and_handled(replicated, len(given))
            before = await replicated.ends(INPUTS)
            await asyncio.to_thread(node.kill)
            assert await replicated.ends(INPUTS) == before  # though those that it led have no leader at first
            given += await told_and_handled(replicated, len(given))  # by the two that are left
            await asyncio.to_thread(node.start)
        workers.cancel()
    await assert_exactly_once(replicated, given)
