"""What Faust gets wrong about rebalances, and how its host makes up for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from adapters.log.kafka import faust_host
from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from commands.log.topics import inputs
from commands.ports.log import Entry, Stored

TOPIC = inputs("load")
PATIENCE_S = 60  # never waited for, unless something is broken


async def keep(_: Sequence[Stored]) -> None: ...


async def test_what_comes_while_partitions_change_hands_is_read_again(settings: KafkaSettings, log: KafkaLog) -> None:
    """Given a fetch that waits; when Faust stops to take, and then a record comes; then the next fetch has it."""
    told = Entry("load:site0", b"1")
    [before] = await log.append(TOPIC, [told])
    app = faust_host.worker(settings, "g", {TOPIC: keep}, 0.1)
    partition = TopicPartition(settings.prefix + TOPIC, before.partition)
    async with AIOKafkaConsumer(bootstrap_servers=settings.brokers) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, before.offset)
        thread = app.consumer._thread
        fetching = asyncio.create_task(thread._fetch_records(consumer, None, timeout=PATIENCE_S))
        await asyncio.sleep(0)  # now it waits
        app.consumer.stop_flow()
        [place] = await log.append(TOPIC, [told])
        assert await fetching == {}
        app.consumer.resume_flow()
        fetched = await thread._fetch_records(consumer, None, timeout=PATIENCE_S)
        thread.thread_loop.close()
    assert [record.offset + 1 for record in fetched[partition]] == [place.offset]
