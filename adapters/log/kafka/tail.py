"""Following a topic: a client and a thread of its own, from the given offsets on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import Consumer, TopicPartition

from adapters.log.kafka.names import Names, stored
from adapters.log.kafka.reader import SLICE_S, arrivals, is_end
from adapters.log.kafka.settings import KafkaSettings
from commands.ports import Stored


async def tail(
    settings: KafkaSettings, names: Names, topic: str, after: Mapping[int, int], closed: Callable[[], bool]
) -> AsyncIterator[Sequence[Stored]]:
    """Pages of committed records, each partition in its order, until `closed`."""
    name = names.topic(topic)
    starts = [TopicPartition(name, partition, after.get(partition, 0)) for partition in range(names.partitions[topic])]
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(1, f"tail {topic}")
    consumer = Consumer(settings.consumer("tail"))

    def page() -> list[Stored]:
        records = [message for message in arrivals(consumer, SLICE_S) if not is_end(message, name)]
        return [stored(message) for message in records if message.value() is not None]

    try:
        consumer.assign(starts)
        while not closed():
            if records := await loop.run_in_executor(executor, page):
                yield records
    finally:
        executor.submit(consumer.close)
        executor.shutdown(wait=False)
