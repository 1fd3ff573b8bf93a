"""The choice of the log: Kafka if COMMONWATT_KAFKA_BROKERS names brokers, else the SQLite file in the data folder."""

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
    """The settings of Kafka, which may be in the file of settings too."""


def open_log(data: Path, *, read_only: bool = False) -> AnyLog:
    """Open the log; a `read_only` SQLite file needs no lock. Raises `SettingsError`, `LogError`."""
    if not is_on_kafka():
        return SqliteLog.open(data, read_only=read_only)
    return KafkaLog.open(kafka_settings())


def existing_log(data: Path, *, read_only: bool = False) -> AnyLog:
    """Open the log, without making one where there is none. Raises `SettingsError`, `LogError`."""
    if not is_on_kafka() and not (data / "log.sqlite3").exists():
        raise LogError(f"there is no log in {data}: name its folder with --data")
    return open_log(data, read_only=read_only)


def is_on_kafka() -> bool:
    """Whether the settings name brokers. Raises `SettingsError`."""
    return bool(_Brokers.from_settings().kafka_brokers)


def kafka_log(variables: Mapping[str, str]) -> KafkaLog:
    """Open the log on the brokers of these variables, whatever the environment says. Raises `LogError`."""
    return KafkaLog.open(KafkaSettings(brokers=variables[BROKERS]))


def kafka_settings(brokers: str | None = None) -> KafkaSettings:
    """Settings with these `brokers`, else with those of the environment. Raises `SettingsError` without any."""
    if brokers is None and not is_on_kafka():
        raise SettingsError(f"{BROKERS}: services that run apart need the log on Kafka, they can't share a file")
    return _Kafka.from_settings({"brokers": brokers})
