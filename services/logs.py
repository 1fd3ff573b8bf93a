"""Which log: Kafka where COMMONWATT_KAFKA_BROKERS names brokers, else the SQLite file in the data folder."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.sqlite import SqliteLog
from commands.ports import LogError

BROKERS = "COMMONWATT_KAFKA_BROKERS"
AnyLog = SqliteLog | KafkaLog


def is_on_kafka() -> bool:
    """Whether brokers are named."""
    return bool(os.environ.get(BROKERS))


def open_log(data: Path, *, read_only: bool = False) -> AnyLog:
    """The log; SQLite's file needs no lock where it is `read_only`. Raises `LogError`."""
    if not is_on_kafka():
        return SqliteLog.open(data, read_only=read_only)
    return KafkaLog.open(kafka_settings())


def existing_log(data: Path, *, read_only: bool = False) -> AnyLog:
    """The log; none is made where there is none. Raises `LogError`."""
    if not is_on_kafka() and not (data / "log.sqlite3").exists():
        raise LogError(f"there is no log in {data}: name its folder with --data")
    return open_log(data, read_only=read_only)


def kafka_settings() -> KafkaSettings:
    """Raises `LogError` naming the setting and what is wrong with it."""
    prefix = KafkaSettings.model_config["env_prefix"]
    try:
        return KafkaSettings()
    except ValidationError as errors:
        told = [f"{prefix}{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in errors.errors()]
        raise LogError("; ".join(told)) from None
