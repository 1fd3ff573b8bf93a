"""Which log: Kafka where COMMONWATT_KAFKA_BROKERS names brokers, else the SQLite file in the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.sqlite import SqliteLog
from services.settings import FromEnvironment, SettingsError

BROKERS = "COMMONWATT_KAFKA_BROKERS"
AnyLog = SqliteLog | KafkaLog


class _Brokers(FromEnvironment):
    kafka_brokers: str | None = None


class _Kafka(KafkaSettings, FromEnvironment, env_prefix=KafkaSettings.model_config["env_prefix"]):
    """They may be in the file of settings too."""


def open_log(data: Path) -> AnyLog:
    """Raises `SettingsError`, `LogError`."""
    if not is_on_kafka():
        return SqliteLog.open(data)
    return KafkaLog.open(kafka_settings())


def open_to_read(data: Path) -> AnyLog:
    """Beside whoever writes it. Raises `SettingsError`, `LogError`."""
    return open_log(data) if is_on_kafka() else SqliteLog.open(data, read_only=True)


def is_on_kafka() -> bool:
    """Raises `SettingsError`."""
    return _Brokers.from_settings().kafka_brokers is not None


def kafka_log(variables: Mapping[str, str]) -> KafkaLog:
    """The log on the brokers that these variables name, whatever the environment says. Raises `LogError`."""
    return KafkaLog.open(KafkaSettings(brokers=variables[BROKERS]))


def kafka_settings() -> KafkaSettings:
    """Raises `SettingsError`, also where no brokers are named."""
    if not is_on_kafka():
        raise SettingsError(f"{BROKERS}: services that run apart need the log on Kafka, they can't share a file")
    return _Kafka.from_settings()
