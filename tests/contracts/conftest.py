"""The adapters that must keep the contract, each with a space of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.topics import make_topics
from adapters.log.memory.log import MemoryLog
from adapters.log.memory.topics import Topics
from adapters.log.sqlite.log import SqliteLog
from adapters.timeseries.questdb import QuestDbSeries
from adapters.timeseries.sqlite import SqliteSeries
from commands.ports.log import Log
from commands.ports.series import TimeSeries
from services.local.broker import Broker
from tests.kafka import kafka, settings_of
from tests.questdb import questdb_url

__all__ = ["kafka", "questdb_url"]

OpenLog = Callable[[], Awaitable[Log]]


class Space(Protocol):
    """Room for one log, empty at first. Its `open` opens the log, and again after a close: a restart."""

    async def open(self) -> Log: ...


class SqliteSpace:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> Log:
        return SqliteLog.open(self._folder, partitions=4)


class MemorySpace:
    def __init__(self) -> None:
        self._topics = Topics()

    async def open(self) -> Log:
        return MemoryLog(self._topics)


class KafkaSpace:
    def __init__(self, broker: Broker) -> None:
        self._settings = settings_of(broker)
        make_topics(AdminClient(self._settings.client()), self._settings.prefix, partitions=4, replication=1)

    async def open(self) -> Log:
        return KafkaLog.open(self._settings)


@pytest.fixture(params=["sqlite", "memory", "kafka"], scope="module")
def new_space(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Space]:
    """Makes empty spaces of one kind of log."""
    if request.param == "kafka":
        return partial(KafkaSpace, request.getfixturevalue("kafka"))
    if request.param == "memory":
        return MemorySpace
    return lambda: SqliteSpace(tmp_path_factory.mktemp("log"))


@asynccontextmanager
async def opener(space: Space) -> AsyncIterator[OpenLog]:
    """Opens the log of a space as often as asked; closes what is open at the end."""
    async with AsyncExitStack() as opened:

        async def open_log() -> Log:
            log = await space.open()
            opened.push_async_callback(log.close)
            return log

        yield open_log


@pytest.fixture
async def log_factory(new_space: Callable[[], Space]) -> AsyncIterator[OpenLog]:
    """Opens the one log of this test; closed and opened again it has restarted."""
    async with opener(new_space()) as open_log:
        yield open_log


@pytest.fixture
async def log(log_factory: OpenLog) -> Log:
    return await log_factory()


OpenSeries = Callable[[], AbstractContextManager[TimeSeries]]


@contextmanager
def sqlite_series(folder: Path) -> Iterator[TimeSeries]:
    series = SqliteSeries.open(folder)
    try:
        yield series
    finally:
        series.close()


@contextmanager
def questdb_series(url: str, prefix: str) -> Iterator[TimeSeries]:
    series = QuestDbSeries.open(url, prefix)
    try:
        yield series
    finally:
        series.close()


@pytest.fixture(params=["sqlite", "questdb"])
def open_series(request: pytest.FixtureRequest, tmp_path: Path) -> OpenSeries:
    """Opens the one time series of this test, empty at first; opened again it has restarted."""
    if request.param == "questdb":
        return partial(questdb_series, request.getfixturevalue("questdb_url"), f"t{uuid4().hex[:8]}_")
    return partial(sqlite_series, tmp_path)


@pytest.fixture
def series(open_series: OpenSeries) -> Iterator[TimeSeries]:
    with open_series() as opened:
        yield opened
