"""Reading the past: records of a topic, events of a stream, timers that wait, streams that are parked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from commands.log import topics
from commands.log.codec import decode
from commands.ports.log import Log, Position, Stored
from domain.records import Record
from domain.records.time import StreamUnparked, TimerSet

PAGE = 1000


async def records_of(log: Log, topic: str, partition: int, after: int = 0) -> AsyncIterator[tuple[Position, Record]]:
    """The records of a partition after an offset, to its present end."""
    async for stored in stored_of(log, topic, partition, after):
        yield stored.position, decode(stored.body)


async def stored_of(log: Log, topic: str, partition: int, after: int = 0) -> AsyncIterator[Stored]:
    """The records of a partition after an offset, as they are stored."""
    while page := await log.read(topic, partition, after, PAGE):
        for stored in page:
            yield stored
        after = page[-1].position.offset


async def events_of(
    log: Log, streams: frozenset[str], after: Mapping[int, int] | None = None
) -> dict[str, list[Record]]:
    """The recorded events of each of `streams`, in order, each once."""
    events: dict[str, dict[str, Record]] = {stream: {} for stream in streams}
    for partition in range(log.partitions(topics.EVENTS)):
        async for _, record in records_of(log, topics.EVENTS, partition, (after or {}).get(partition, 0)):
            if record.stream in events:
                events[record.stream].setdefault(record.id, record)
    return {stream: list(found.values()) for stream, found in events.items()}


async def pending_timers(log: Log) -> dict[str, dict[str, int]]:
    """The pending timers of each stream: name -> due time (ms UTC)."""
    pending: dict[str, dict[str, int]] = {}
    for body in (await log.table(topics.TIMERS)).values():
        record = decode(body)
        if isinstance(record.data, TimerSet):
            pending.setdefault(record.stream, {})[record.data.name] = record.data.due_ms
    return pending


async def parked_inputs(log: Log, processor: str) -> dict[str, list[Record]]:
    """The inputs of each stream that were parked and not released since, in order."""
    waiting: dict[str, list[Record]] = {}
    for partition in range(log.partitions(topics.parked(processor))):
        async for _, record in records_of(log, topics.parked(processor), partition):
            if isinstance(record.data, StreamUnparked):
                waiting.pop(record.stream, None)
            else:
                waiting.setdefault(record.stream, []).append(record)
    return waiting


async def parked_streams(log: Log, processor: str) -> frozenset[str]:
    """The streams of a processor that are stopped."""
    return frozenset(await parked_inputs(log, processor))
