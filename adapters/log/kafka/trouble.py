"""What Kafka complains about, in the words of the port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from commands.ports import Fenced, LogDamaged, LogError, LogFull

FENCED = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.INVALID_TXN_STATE,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_INSTANCE_ID,
    }
)
FULL = frozenset({KafkaError.KAFKA_STORAGE_ERROR})
DAMAGED = frozenset({KafkaError._BAD_MSG, KafkaError._BAD_COMPRESSION, KafkaError.INVALID_MSG})


def translated(error: KafkaError, what: str) -> LogError:
    """The port's error for Kafka's."""
    code = error.code()
    reason = f"{error.str()} ({error.name()})"
    if code in FENCED:
        return Fenced(f"{what}: another worker took over, or this one was silent for too long: {reason}")
    if code in FULL:
        return LogFull(f"{what}: a broker's disk is full or failing: {reason}")
    if code in DAMAGED:
        return LogDamaged(f"{what}: what the brokers keep does not read back as it was written: {reason}")
    return LogError(f"{what}: {reason}; nothing of this was acknowledged")


def error_of(exception: KafkaException) -> KafkaError:
    error: KafkaError = exception.args[0]
    return error


@contextmanager
def translating(what: str) -> Iterator[None]:
    """Raise the port's errors instead of Kafka's."""
    try:
        yield
    except KafkaException as error:
        raise translated(error_of(error), what) from error
