"""One real Kafka for a whole run of the tests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import make_topics
from commands.log.topics import inputs
from commands.ports.log import Entry
from services.local.broker import Broker, running
from tests.shared_server import Description, serve, shared, shared_server

WARM_UP_S = 120
ENABLE = ".venv/bin/python -m services.local.broker (fetches Kafka from Maven Central, once)"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of this run; where there can be none, the test is skipped with the command that enables it."""
    with shared_server(shared(tmp_path_factory), __name__) as description:
        if "error" in description:
            pytest.skip(f"no Kafka here ({description['error']}); enable with: {ENABLE}")
        yield Broker(**description)


def settings_of(broker: Broker, **more: object) -> KafkaSettings:
    """Settings for a platform of its own on the broker, quick to notice who died."""
    told = {"brokers": broker.address, "prefix": f"{uuid4().hex[:8]}.", "session_timeout_ms": 2_000}
    return KafkaSettings(**(told | {"transaction_timeout_ms": 4_000} | more))


@contextmanager
def _running(folder: Path) -> Iterator[Description]:
    with running(folder / uuid4().hex) as broker:  # the one before may not have gone yet
        _warm_up(broker)
        yield asdict(broker)


def _warm_up(broker: Broker) -> None:
    """Append a record: a broker that has just started, on a busy machine, may take long for its first one."""
    scratch = settings_of(broker, confirm_timeout_s=WARM_UP_S)
    make_topics(AdminClient(scratch.client()), scratch.prefix, partitions=1, replication=1)

    async def append() -> None:
        log = KafkaLog.open(scratch)
        await log.append(inputs("load"), [Entry("load:scratch", b"1")])
        await log.close()

    asyncio.run(append())


if __name__ == "__main__":
    home = Path(sys.argv[1])
    serve(home, _running(home))
