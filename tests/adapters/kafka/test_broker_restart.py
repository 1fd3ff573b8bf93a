"""The broker restarts, as an update does it, under load: whoever works goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import make_topics
from commands import topics
from services.broker import Kafka
from tests.adapters.kafka.story import INPUTS, inputs, tell


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Kafka]:
    broker = Kafka(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def own_settings(own_kafka: Kafka) -> KafkaSettings:
    settings = KafkaSettings(brokers=own_kafka.address)
    make_topics(AdminClient(settings.client()), settings.prefix, partitions=4, replication=1)
    return settings


async def test_the_ends_of_a_topic_are_told_after_a_restart(own_kafka: Kafka, own_settings: KafkaSettings) -> None:
    log = KafkaLog.open(own_settings.model_copy(update={"confirm_timeout_s": 5.0}))
    await tell(log, inputs(0, 12))
    before = await log.ends(INPUTS)
    await log.ends(topics.EVENTS)
    await asyncio.to_thread(own_kafka.stop)
    await asyncio.to_thread(own_kafka.start)
    assert await log.ends(INPUTS) == before
    assert await log.ends(topics.EVENTS) == dict.fromkeys(range(4), 0)
    await log.close()
