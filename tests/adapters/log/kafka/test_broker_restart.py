"""The broker restarts, as an update does it: whoever asks or works goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Event

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import make_topics
from adapters.log.kafka.with_timeout import call_with_timeout
from commands.log import topics
from commands.ports.log import LogError
from domain.records import Record
from services.local.broker import Kafka
from tests.adapters.log.kafka.story import INPUTS, PATIENCE_S, assert_exactly_once, handled, inputs, tell, working


@pytest.fixture
def own_kafka(kafka: object, tmp_path: Path) -> Iterator[Kafka]:
    """A broker that the test may stop; skipped where the shared one does not run either."""
    broker = Kafka(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
async def own_log(own_kafka: Kafka) -> AsyncIterator[KafkaLog]:
    settings = KafkaSettings(brokers=own_kafka.address, session_timeout_ms=2_000, attempt_timeout_s=3)
    make_topics(AdminClient(settings.client()), settings.prefix, partitions=4, replication=1)
    log = KafkaLog.open(settings)
    yield log
    await log.close()


async def restart(broker: Kafka) -> None:
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(broker.start)


async def test_the_ends_of_a_topic_are_told_after_a_restart(own_kafka: Kafka, own_log: KafkaLog) -> None:
    """The partitions have a new leader epoch by then, which nobody tells a client that asks with the old one."""
    await tell(own_log, inputs(0, 12))
    before = await own_log.ends(INPUTS)
    await own_log.ends(topics.EVENTS)
    await restart(own_kafka)
    assert await own_log.ends(INPUTS) == before
    assert await own_log.ends(topics.EVENTS) == dict.fromkeys(range(4), 0)


async def test_a_worker_goes_on_after_a_restart_under_load(own_kafka: Kafka, own_log: KafkaLog) -> None:
    """librdkafka waits without end, and heedless of time-outs, for the coordinator that it forgot meanwhile."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        workers = tasks.create_task(working(own_log.settings))
        load = tasks.create_task(tell_until(over, own_log))
        await begun(own_log)
        await restart(own_kafka)
        over.set()
        given = await load
        await handled(own_log)
        workers.cancel()
    await assert_exactly_once(own_log, given)


async def test_a_worker_goes_on_after_a_restart_while_it_had_nothing_to_do(own_kafka: Kafka, own_log: KafkaLog) -> None:
    async with asyncio.TaskGroup() as tasks:
        workers = tasks.create_task(working(own_log.settings))
        before = inputs(0, 12)
        await tell(own_log, before)
        await handled(own_log)
        await restart(own_kafka)
        after = inputs(12, 12)
        await tell(own_log, after)
        await handled(own_log)
        workers.cancel()
    await assert_exactly_once(own_log, [*before, *after])


async def tell_until(over: asyncio.Event, log: KafkaLog) -> list[Record]:
    told: list[Record] = []
    while not over.is_set():
        more = inputs(len(told), 1)
        try:
            await tell(log, more)
        except LogError:  # the broker was away for longer than an append waits; a repeat is recognised
            continue
        told += more
    return told


async def begun(log: KafkaLog) -> None:
    """Return once something was decided."""
    async with asyncio.timeout(PATIENCE_S):
        while not any((await log.consumed("load")).values()):
            await asyncio.sleep(0.05)


def test_a_call_that_does_not_return_is_given_up() -> None:
    for_ever = Event()
    with pytest.raises(KafkaException) as given_up:
        call_with_timeout(lambda: for_ever.wait() and None, 0.01)
    assert given_up.value.args[0].code() == KafkaError._TIMED_OUT
    for_ever.set()


def test_a_call_that_fails_in_time_says_so() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call_with_timeout(fail, 60)
