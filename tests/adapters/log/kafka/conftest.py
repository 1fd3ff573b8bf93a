"""Every test has a platform of its own on the run's broker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import make_topics
from services.local.broker import Broker
from tests.kafka import kafka, settings_of

__all__ = ["kafka"]


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    """Topics that nobody else knows."""
    own = settings_of(kafka)
    make_topics(AdminClient(own.client()), own.prefix, partitions=4, replication=1)
    return own


@pytest.fixture
async def log(settings: KafkaSettings) -> AsyncIterator[KafkaLog]:
    opened = KafkaLog.open(settings)
    yield opened
    await opened.close()
