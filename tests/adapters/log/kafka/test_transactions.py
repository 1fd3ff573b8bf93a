"""What goes wrong between a producer and its broker: an answer that does not come, or that says no at first."""

from __future__ import annotations

import asyncio

import pytest

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from commands.log import topics
from commands.ports.log import Entry, LogError
from processors.engine.host import Host
from services.local.broker import Broker
from tests.adapters.log.kafka.proxy import NOT_LEADER, OUT_OF_ORDER, Part, proxied
from tests.adapters.log.kafka.story import PATIENCE_S, assert_exactly_once, handled, inputs, tell
from tests.processors.counting import Counting

AMPLE_S = 0.3


def through(broker: Broker, settings: KafkaSettings) -> KafkaSettings:
    """The same platform, reached through the proxy, and given up soon; nobody is taken to be dead."""
    slow = {"attempt_timeout_s": 3.0, "transaction_timeout_ms": 60_000, "session_timeout_ms": 30_000}
    return settings.model_copy(update=slow | {"brokers": f"127.0.0.1:{broker.proxy}"})


@pytest.mark.parametrize("part", ["request", "answer"])
async def test_a_commit_that_was_not_answered_counts_once(
    kafka: Broker, settings: KafkaSettings, log: KafkaLog, part: Part
) -> None:
    given = inputs(0, 36)
    with proxied(kafka) as proxy:
        slow = KafkaLog.open(through(kafka, settings))
        host = Host(Counting(), slow, "b1")
        await host.restore()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(host.run())
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


async def test_records_that_were_refused_at_first_are_written_before_those_that_follow(
    kafka: Broker, settings: KafkaSettings, log: KafkaLog
) -> None:
    """With two requests under way the second would be taken, and the first then called confirmed and never written."""
    entries = [Entry("load:0", b"%03d" % number) for number in range(200)]
    (there,) = await log.append(topics.EVENTS, [Entry("load:0", b"the broker leads the partition by now")])
    with proxied(kafka) as proxy:
        other = KafkaLog.open(through(kafka, settings))
        proxy.refuses = (f"{settings.prefix}{topics.EVENTS}", there.partition, NOT_LEADER)
        first = asyncio.ensure_future(other.append(topics.EVENTS, entries[:1]))
        assert await asyncio.to_thread(proxy.held.wait, PATIENCE_S)
        following = [asyncio.ensure_future(other.append(topics.EVENTS, [one])) for one in entries[1:]]
        await asyncio.sleep(AMPLE_S)  # were there a second request under way, it would come now
        proxy.refuse()
        await asyncio.gather(first, *following)
        await other.close()
    written = await log.read(topics.EVENTS, there.partition, there.offset)
    assert [stored.body for stored in written] == [one.body for one in entries]


async def test_a_producer_that_failed_for_good_is_replaced(
    kafka: Broker, settings: KafkaSettings, log: KafkaLog
) -> None:
    """A broker that lost data does not know the producer's last records: librdkafka refuses all that follow then."""
    (there,) = await log.append(topics.EVENTS, [Entry("load:0", b"before")])
    with proxied(kafka) as proxy:
        other = KafkaLog.open(through(kafka, settings))
        proxy.refuses = (f"{settings.prefix}{topics.EVENTS}", there.partition, OUT_OF_ORDER)
        first = asyncio.ensure_future(other.append(topics.EVENTS, [Entry("load:0", b"refused")]))
        assert await asyncio.to_thread(proxy.held.wait, PATIENCE_S)
        proxy.refuse()
        with pytest.raises(LogError):
            await first
        async with asyncio.timeout(PATIENCE_S):
            while not await appended(other, Entry("load:0", b"after")):
                await asyncio.sleep(0.05)
        await other.close()
    written = await log.read(topics.EVENTS, there.partition, there.offset)
    assert [stored.body for stored in written] == [b"after"]


async def appended(log: KafkaLog, entry: Entry) -> bool:
    try:
        await log.append(topics.EVENTS, [entry])
    except LogError:
        return False
    return True
