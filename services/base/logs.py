"""Which log: Kafka where COMMONWATT_KAFKA_BROKERS names brokers, else the SQLite file in the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.sqlite.log import SqliteLog
from commands.ports.log import LogError
from services.base.settings import FromEnvironment, SettingsError

BROKERS = "COMMONWATT_KAFKA_BROKERS"
AnyLog = SqliteLog | KafkaLog


class _Brokers(FromEnvironment):
    kafka_brokers: str | None = None


class _Kafka(KafkaSettings, FromEnvironment, env_prefix=KafkaSettings.model_config["env_prefix"]):
    """They may be in the file of settings too."""


def open_log(data: Path, *, read_only: bool = False) -> AnyLog:
    """The log; SQLite's file needs no lock where it is `read_only`. Raises `SettingsError`, `LogError`."""
    if not is_on_kafka():
        return SqliteLog.open(data, read_only=read_only)
    return KafkaLog.open(kafka_settings())


def existing_log(data: Path, *, read_only: bool = False) -> AnyLog:
    """The log; none is made where there is none. Raises `SettingsError`, `LogError`."""
    if not is_on_kafka() and not (data / "log.sqlite3").exists():
        raise LogError(f"there is no log in {data}: name its folder with --data")
    return open_log(data, read_only=read_only)


def is_on_kafka() -> bool:
    """Whether brokers are named. Raises `SettingsError`."""
    return bool(_Brokers.from_settings().kafka_brokers)


def kafka_log(variables: Mapping[str, str]) -> KafkaLog:
    """The log on the brokers that these variables name, whatever the environment says. Raises `LogError`."""
    return KafkaLog.open(KafkaSettings(brokers=variables[BROKERS]))


def kafka_settings(brokers: str | None = None) -> KafkaSettings:
    """With these `brokers`, else with those that are set. Raises `SettingsError`, also where none are named."""
    if brokers is None and not is_on_kafka():
        raise SettingsError(f"{BROKERS}: services that run apart need the log on Kafka, they can't share a file")
    return _Kafka.from_settings({"brokers": brokers})
