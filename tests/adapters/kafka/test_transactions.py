"""A transaction whose end, or the answer to it, is held back on the way: a fresh producer finds out what it came to."""

from __future__ import annotations

import asyncio

import pytest

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from commands import topics
from commands.ports import Entry
from processors.host import Host
from services.broker import Broker
from tests.adapters.kafka.proxy import Part, proxied
from tests.adapters.kafka.story import PATIENCE_S, assert_exactly_once, handled, inputs, tell
from tests.processors.counting import Counting


def through(broker: Broker, settings: KafkaSettings) -> KafkaSettings:
    """The same platform, reached through the proxy, and given up soon."""
    other = {"brokers": f"127.0.0.1:{broker.proxy}", "attempt_timeout_s": 1.0, "transaction_timeout_ms": 60_000}
    return settings.model_copy(update=other)


@pytest.mark.parametrize("part", ["request", "answer"])
async def test_a_commit_that_was_not_answered_counts_once(
    kafka: Broker, settings: KafkaSettings, log: KafkaLog, part: Part
) -> None:
    given = inputs(0, 36)
    with proxied(kafka) as proxy:
        slow = KafkaLog.open(through(kafka, settings))
        host = Host(Counting(), slow, "b1")
        await host.restore()
        running = asyncio.create_task(host.run())
        await tell(log, given[:12])
        await handled(log)
        proxy.hold(part)
        await tell(log, given[12:24])
        assert await asyncio.to_thread(proxy.held.wait, PATIENCE_S)
        await handled(log)
        proxy.release()
        await tell(log, given[24:])
        await handled(log)
        await slow.close()
        await running
    await assert_exactly_once(log, given)


async def test_an_append_that_was_not_answered_is_there_once_and_whole(
    kafka: Broker, settings: KafkaSettings, log: KafkaLog
) -> None:
    both = [(topics.EVENTS, Entry("load:0", b"event")), (topics.DESIRED, Entry("charger", b"limit"))]
    with proxied(kafka) as proxy:
        slow = KafkaLog.open(through(kafka, settings))
        proxy.hold("request")
        await slow.append_all(both)
        assert proxy.held.is_set()
        await slow.close()
    partition = topics.partition_of("load:0", log.partitions(topics.EVENTS))
    assert [stored.body for stored in await log.read(topics.EVENTS, partition)] == [b"event"]
    assert await log.table(topics.DESIRED) == {"charger": b"limit"}
