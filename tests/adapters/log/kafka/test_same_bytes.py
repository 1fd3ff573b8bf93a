"""The same recorded inputs give the same events, byte for byte, on SQLite and on Kafka; a replay on Kafka agrees."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.codec import entry
from commands.ports.log import Entry, Log
from domain.records import Record
from domain.records.load import LimitDesired
from domain.records.sites import SessionEnded
from domain.records.vehicles import PriorityGranted
from processors.engine.host import Host
from processors.engine.recent import REMEMBERED
from services.composition.processors import all_processors
from tests.adapters.log.kafka.region import story
from tests.adapters.log.kafka.story import PATIENCE_S
from tests.contracts.test_log import all_of
from tests.services.server import call

LOOK_S = 0.002


@asynccontextmanager
async def at_work(log: Log) -> AsyncIterator[list[Host]]:
    """All four processors with their hosts."""
    hosts = [Host(processor, log) for processor in all_processors()]
    for host in hosts:
        await host.restore()
    running = [asyncio.create_task(host.run()) for host in hosts]
    yield hosts
    for host in hosts:
        await host.consumer.close()
    await asyncio.gather(*running)


async def settled(hosts: Sequence[Host]) -> None:
    """Return when all inputs, and all messages that followed from them, are handled."""
    async with asyncio.timeout(PATIENCE_S):
        while not all(host.caught_up() for host in hosts):
            await asyncio.sleep(LOOK_S)


async def recorded_inputs(log: Log, given: Sequence[Record]) -> dict[str, list[Entry]]:
    """What is in the topics of inputs once the processors have lived through what was told them from outside."""
    async with at_work(log) as hosts:
        for record in given:
            await log.append(topics.inputs(record.stream.partition(":")[0]), [entry(record)])
            await settled(hosts)
    recorded = {topic: await all_of(log, topic) for topic in map(topics.inputs, topics.PROCESSORS)}
    return {topic: [Entry(stored.key, stored.body) for stored in found] for topic, found in recorded.items()}


async def events(log: Log) -> dict[str, list[bytes]]:
    """The bytes of each stream's events, in order."""
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for stored in await all_of(log, topics.EVENTS):
        found[stored.key].append(stored.body)
    return dict(found)


async def test_the_same_inputs_give_the_same_bytes_on_sqlite_and_on_kafka(
    settings: KafkaSettings, log: KafkaLog, tmp_path: Path
) -> None:
    file = SqliteLog.open(tmp_path / "sqlite", partitions=4)
    both_sites = chain.from_iterable(zip(story("north"), story("south"), strict=True))
    inputs = await recorded_inputs(file, list(both_sites))
    expected = await events(file)
    await file.close()
    told = b"".join(chain.from_iterable(expected.values()))
    for kind in (LimitDesired, PriorityGranted, SessionEnded):
        assert told.count(kind.type_name.encode()) >= 2, "the stories are about something"
    # On Kafka the hosts send the recorded messages to each other again, which are repeats only to who remembers them.
    streams = Counter(one.key for found in inputs.values() for one in found)
    assert max(streams.values()) <= REMEMBERED

    await log.append_all([(topic, one) for topic, found in inputs.items() for one in found])
    async with at_work(log) as hosts:
        await settled(hosts)
    assert await events(log) == expected

    environment = {"COMMONWATT_KAFKA_BROKERS": settings.brokers, "COMMONWATT_KAFKA_PREFIX": settings.prefix}
    replayed = await asyncio.to_thread(call, "replay", settings=environment)
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.endswith("replay: equal\n")
