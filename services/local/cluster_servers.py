"""The servers of a local cluster: a real Kafka, PostgreSQL and QuestDB from packages, made ready for the services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from services.base.costs import Cost, family_cost
from services.local.brokers import Brokers
from services.local.java_server import JavaServerError
from services.local.postgres import Missing, Postgres
from services.local.questdb import QuestDb

ENABLE = "./commonwatt test --version"
DATABASES = "read_models", "vault"


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers, and the settings that lead to them."""

    brokers: Brokers
    postgres: Postgres
    questdb: QuestDb
    settings: Mapping[str, str]

    @property
    def pids(self) -> dict[str, int]:
        """The process of each; another one after a restart."""
        return {**self.brokers.pids, "postgresql": self.postgres.pid, "questdb": self.questdb.pid}

    def costs(self) -> dict[str, Cost]:
        """The cost of each server so far, with its child processes."""
        found = {name: family_cost(pid) for name, pid in self.pids.items()}
        return {name: cost for name, cost in found.items() if cost is not None}


class NoServers(Exception):
    """A server can't run here; the message names it, the reason, and the command that enables it."""


@contextmanager
def running(folder: Path, partitions: int, brokers: int = 1) -> Iterator[Servers]:
    """Start all at once, and make topics, with as many replicas as the brokers allow, and databases.

    What they keep stays in `folder`. Raises `NoServers`, `LogError`.
    """
    try:
        kafka, postgres, questdb = (
            Brokers(folder / "kafka", brokers),
            _postgres(folder / "postgresql"),
            QuestDb(folder / "questdb"),
        )
    except (JavaServerError, Missing) as error:
        raise NoServers(f"{error}\nThe servers are packages of the development environment: {ENABLE}") from error
    with ExitStack() as stopping, ThreadPoolExecutor(3) as threads:
        for server in (kafka, postgres, questdb):
            stopping.callback(server.stop)
        try:
            for started in [threads.submit(server.start) for server in (kafka, postgres, questdb)]:
                started.result()
        except (JavaServerError, Missing) as error:
            raise NoServers(str(error)) from error
        urls = [_written(postgres.database(name)) for name in DATABASES]
        _make_topics(kafka, partitions)
        settings = {
            "COMMONWATT_KAFKA_BROKERS": kafka.address,
            "COMMONWATT_READ_MODELS_URL": urls[0],
            "COMMONWATT_VAULT_URL": urls[1],
            "COMMONWATT_TIME_SERIES_URL": questdb.url,
        }
        yield Servers(kafka, postgres, questdb, settings)


def _postgres(folder: Path) -> Postgres:
    folder.mkdir(parents=True, exist_ok=True)
    return Postgres(folder)


def _written(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _make_topics(brokers: Brokers, partitions: int) -> None:
    from confluent_kafka.admin import AdminClient

    from adapters.log.kafka.settings import KafkaSettings
    from adapters.log.kafka.topics import make_topics

    make_topics(AdminClient(KafkaSettings(brokers=brokers.address).client()), "", partitions, brokers.replicas)
