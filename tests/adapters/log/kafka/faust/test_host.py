"""What Faust gets wrong about rebalances, and how its host makes up for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from adapters.log.kafka import faust_host
from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from commands.log.topics import inputs
from commands.ports.log import Entry, Stored
from services.base.addresses import HOST, lasting_ports

TOPIC = inputs("load")
PATIENCE_S = 60  # never waited for, unless something is broken


async def keep(_: Sequence[Stored]) -> None: ...


async def test_where_it_can_not_start_nothing_stays_open_and_no_file_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    [nobody_there] = lasting_ports(1)
    app = await faust_host.worker(KafkaSettings(brokers=f"{HOST}:{nobody_there}"), "g", {TOPIC: keep}, 0.1)
    with pytest.raises(KafkaConnectionError):
        await faust_host.run(app, asyncio.Event())
    assert app.producer._producer is None
    assert list(tmp_path.iterdir()) == []
    app.consumer._thread.thread_loop.close()  # the thread that would do it never began


async def test_what_comes_while_partitions_change_hands_is_read_again(settings: KafkaSettings, log: KafkaLog) -> None:
    """Given a fetch that waits; when Faust stops to take, and then a record comes; then the next fetch has it."""
    told = Entry("load:site0", b"1")
    [before] = await log.append(TOPIC, [told])
    app = await faust_host.worker(settings, "g", {TOPIC: keep}, 0.1)
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
