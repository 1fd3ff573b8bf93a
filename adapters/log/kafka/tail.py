"""Following a topic from given offsets, with a client and a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import Consumer, TopicPartition

from adapters.log.kafka.names import Names, place_of, stored
from adapters.log.kafka.reader import SLICE_S, arrivals, is_end
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import Stored


async def tail(
    settings: KafkaSettings,
    names: Names,
    topic: str,
    after: Mapping[int, int],
    closed: Callable[[], bool],
    reached: Callable[[Mapping[int, int]], None] = lambda _: None,
) -> AsyncIterator[Sequence[Stored]]:
    """Pages of committed records, each partition in its order, until `closed`.

    `reached` is called with the offsets up to which all records have been delivered to the follower.
    """
    name = names.topic(topic)
    seen = dict(after)
    starts = [TopicPartition(name, partition, after.get(partition, 0)) for partition in range(names.partitions[topic])]
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(1, f"tail {topic}")
    consumer = Consumer(settings.consumer("tail"))

    def page() -> tuple[list[Stored], dict[int, int]]:
        records: list[Stored] = []
        ends: dict[int, int] = {}
        for message in arrivals(consumer, SLICE_S):
            at_end = is_end(message, name)
            partition, offset = place_of(message)
            if offset < seen.get(partition, 0):
                continue  # repeated, since a client went back to the beginning
            seen[partition] = ends[partition] = offset + (0 if at_end else 1)
            if not at_end and message.value() is not None:
                records.append(stored(message))
        return records, ends

    try:
        consumer.assign(starts)
        while not closed():
            records, ends = await loop.run_in_executor(executor, page)
            if records:
                yield records
            reached(ends)
    finally:
        executor.submit(consumer.close)
        executor.shutdown(wait=False)
