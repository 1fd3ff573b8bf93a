"""The topics and their configuration: created once, checked at every start."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from adapters.log.kafka.errors import error_of, translated
from adapters.log.kafka.reader import ASK_S, answered, listed
from adapters.log.kafka.settings import MESSAGE_LIMIT_BYTES, KafkaSettings
from commands.log import topics
from commands.ports.log import LogError

DAY_MS = 24 * 3_600_000
FOR_EVER = -1
PATIENCE_S = 30.0
LOOK_S = 0.02
SAFE_REPLICAS = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting of a topic that differs from what it must be."""

    topic: str
    setting: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"topic {self.topic}: {self.setting} must be {self.wanted}, found {self.found}"


def configuration(topic: str, replication: int) -> dict[str, str]:
    """The configuration that a topic must have, with this many replicas.

    One replica may be down, and two must have a record before it is confirmed, if there are enough.
    """
    days = topics.retention_days(topic)
    return {
        "cleanup.policy": "compact" if topics.is_table(topic) else "delete",
        "retention.ms": str(FOR_EVER if days is None else days * DAY_MS),
        "retention.bytes": str(FOR_EVER),
        "max.message.bytes": str(MESSAGE_LIMIT_BYTES),
        "min.insync.replicas": str(min(SAFE_REPLICAS, max(1, replication - 1))),
    }


def make_topics(
    admin: AdminClient, prefix: str, partitions: int, replication: int, names: Sequence[str] = topics.ON_BROKERS
) -> list[str]:
    """Create the missing topics, and return them once they can be written. Raises `LogError`."""
    wanted = [
        NewTopic(prefix + name, partitions, replication, config=configuration(name, replication)) for name in names
    ]
    answers = admin.create_topics(wanted, request_timeout=PATIENCE_S)
    made = [name for name, answer in answers.items() if _made(name, answer)]
    while made and not _all_are_led(admin, made):
        time.sleep(LOOK_S)
    return [name.removeprefix(prefix) for name in made]


def _all_are_led(admin: AdminClient, names: Sequence[str]) -> bool:
    known = listed(admin, PATIENCE_S).topics
    partitions = [one for name in names if name in known for one in known[name].partitions.values()]
    return all(name in known for name in names) and all(one.leader >= 0 and not one.error for one in partitions)


def _made(name: str, answer: Future[None]) -> bool:
    try:
        answer.result()
    except KafkaException as error:
        if error_of(error).code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise translated(error_of(error), f"topic {name}") from error
    return True


def partitions_found(admin: AdminClient, prefix: str) -> dict[str, int]:
    """The number of partitions of each topic that exists. Raises `LogError`."""
    known = listed(admin, PATIENCE_S).topics
    return {name: len(known[prefix + name].partitions) for name in topics.ON_BROKERS if prefix + name in known}


def differences(
    admin: AdminClient, prefix: str, partitions: int | None = None, replication: int | None = None
) -> list[Difference]:
    """The settings that differ. `partitions`: by default as many as `events` has. Raises `LogError`."""
    known = listed(admin, PATIENCE_S).topics
    found = partitions_found(admin, prefix)
    wanted = partitions or found.get(topics.EVENTS, 0)
    different = [
        Difference(prefix + name, "the topic", "there", "nothing") for name in topics.ON_BROKERS if name not in found
    ]
    for name, number in found.items():
        if number != wanted:
            different.append(Difference(prefix + name, "partitions", str(wanted), str(number)))
        copies = len(known[prefix + name].partitions[0].replicas)
        if replication not in (None, copies):
            different.append(Difference(prefix + name, "replication", str(replication), str(copies)))
    wanted_of = {name: configuration(name, len(known[prefix + name].partitions[0].replicas)) for name in found}
    return [*different, *_misconfigured(admin, prefix, wanted_of)]


def _misconfigured(admin: AdminClient, prefix: str, wanted_of: Mapping[str, Mapping[str, str]]) -> Iterator[Difference]:
    resources = [ConfigResource(ResourceType.TOPIC, prefix + name) for name in wanted_of]
    if not resources:
        return

    def ask() -> Mapping[str, Mapping[str, str]]:
        answers = admin.describe_configs(resources, request_timeout=ASK_S)
        return {
            resource.name: {key: entry.value for key, entry in answer.result().items()}
            for resource, answer in answers.items()
        }

    found = answered(ask, "the topics' configuration", PATIENCE_S)
    for name, configured in wanted_of.items():
        actual = found[prefix + name]
        for setting, wanted in configured.items():
            if actual.get(setting) != wanted:
                yield Difference(prefix + name, setting, wanted, str(actual.get(setting)))


def checked_partitions(admin: AdminClient, settings: KafkaSettings) -> Mapping[str, int]:
    """The partitions of each topic. Raises `LogError` if a topic is missing, or a setting differs."""
    different = differences(admin, settings.prefix, settings.partitions)
    if different:
        raise LogError("; ".join(map(str, different)) + " (./commonwatt topics creates missing topics)")
    return partitions_found(admin, settings.prefix)
