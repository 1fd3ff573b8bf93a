"""`./commonwatt topics`: made as they must be, and what is not is named with what was wanted and found."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)
from typer.testing import CliRunner, Result

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import make_topics
from commands.log import topics
from commands.ports.log import LogError
from services.cli.app import app
from services.local.broker import Broker
from tests.kafka import kafka, settings_of

__all__ = ["kafka"]

DAY_MS = 24 * 3_600_000


@pytest.fixture
def settings(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """Of a platform that has no topics yet; the command finds its prefix in the environment."""
    own = settings_of(kafka)
    monkeypatch.setenv("COMMONWATT_KAFKA_PREFIX", own.prefix)
    return own


@pytest.fixture
def admin(settings: KafkaSettings) -> AdminClient:
    return AdminClient(settings.client())


def run(settings: KafkaSettings, *options: str) -> Result:
    return CliRunner().invoke(app, ["topics", "--brokers", settings.brokers, *options])


def until(holds: Callable[[], bool]) -> None:
    """A broker hears a moment later of what its controller has acknowledged."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def set_config(admin: AdminClient, topic: str, name: str, value: str) -> None:
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result()
    until(lambda: admin.describe_configs([resource])[resource].result()[name].value == value)


def set_partitions(admin: AdminClient, topic: str, number: int) -> None:
    for answer in admin.create_partitions([NewPartitions(topic, number)]).values():
        answer.result()
    until(lambda: len(admin.list_topics(topic, timeout=10).topics[topic].partitions) == number)


def test_they_are_made_as_they_must_be(settings: KafkaSettings, admin: AdminClient) -> None:
    outcome = run(settings, "--partitions", "2", "--replication", "1")
    assert outcome.output == f"made {len(topics.ON_BROKERS)} topics\nall topics are as they must be\n"
    names = [topics.EVENTS, "vehicles.inputs", "load.inputs", "load.state", topics.DESIRED, topics.TIMERS]
    asked = [ConfigResource(ResourceType.TOPIC, settings.prefix + name) for name in names]
    found = [
        (name, answer.result()["retention.ms"].value, answer.result()["cleanup.policy"].value)
        for name, answer in zip(names, admin.describe_configs(asked).values(), strict=True)
    ]
    assert found == [
        (topics.EVENTS, "-1", "delete"),
        ("vehicles.inputs", str(7 * DAY_MS), "delete"),
        ("load.inputs", str(30 * DAY_MS), "delete"),
        ("load.state", "-1", "compact"),
        (topics.DESIRED, "-1", "compact"),
        (topics.TIMERS, "-1", "compact"),
    ]
    again = run(settings, "--partitions", "2", "--replication", "1")
    assert again.output == "made 0 topics\nall topics are as they must be\n"


def test_what_is_missing_is_named_and_a_log_does_not_open(settings: KafkaSettings) -> None:
    outcome = run(settings, "--check")
    assert outcome.exit_code == 1
    assert f"topic {settings.prefix}events: the topic must be there, found nothing" in outcome.output
    with pytest.raises(LogError, match=r"events: the topic must be there.*\./commonwatt topics"):
        KafkaLog.open(settings)


def test_a_wrong_retention_is_refused_in_words(settings: KafkaSettings, admin: AdminClient) -> None:
    make_topics(admin, settings.prefix, partitions=2, replication=1)
    set_config(admin, f"{settings.prefix}events", "retention.ms", "604800000")
    words = f"topic {settings.prefix}events: retention.ms must be -1, found 604800000"
    outcome = run(settings, "--check")
    assert (outcome.exit_code, outcome.output) == (1, f"{words}\n")
    with pytest.raises(LogError, match=words):
        KafkaLog.open(settings)


def test_a_wrong_number_of_partitions_is_refused_in_words(settings: KafkaSettings, admin: AdminClient) -> None:
    make_topics(admin, settings.prefix, partitions=2, replication=1)
    set_partitions(admin, f"{settings.prefix}timers", 3)
    words = f"topic {settings.prefix}timers: partitions must be 2, found 3"
    with pytest.raises(LogError, match=words):
        KafkaLog.open(settings)
    assert words in run(settings, "--check").output
    assert (
        f"topic {settings.prefix}events: partitions must be 4, found 2"
        in run(settings, "--check", "--partitions", "4").output
    )


def test_more_replicas_than_brokers_are_refused_in_words(settings: KafkaSettings) -> None:
    outcome = run(settings, "--replication", "3")
    assert outcome.exit_code == 1
    assert "replication factor" in outcome.output.lower()


def test_brokers_may_be_named_in_the_settings_file(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings"
    file.write_text(f"COMMONWATT_KAFKA_BROKERS={settings.brokers}\n")
    monkeypatch.setenv("COMMONWATT_SETTINGS", str(file))
    outcome = CliRunner().invoke(app, ["topics", "--partitions", "1", "--replication", "1"])
    assert outcome.output.endswith("all topics are as they must be\n")


def test_settings_that_do_not_fit_are_refused_by_name() -> None:
    outcome = CliRunner().invoke(app, ["topics", "--brokers", "no-port"])
    assert outcome.exit_code == 2
    assert outcome.output.startswith("COMMONWATT_KAFKA_BROKERS: ")
