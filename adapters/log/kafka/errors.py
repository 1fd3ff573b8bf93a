"""What Kafka complains about, in the words of the port."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from confluent_kafka import KafkaError, KafkaException

from commands.ports.log import Fenced, LogDamaged, LogError, LogFull

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
REFUSED = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})
SAID_AGAIN_S = 60.0

log_line = structlog.get_logger("kafka")


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


def is_refusal(error: KafkaError) -> bool:
    """Whether a broker won't have us, or we won't have it. An alert comes when TLS 1.3 seems to stand already."""
    return error.code() in REFUSED or "SSL alert" in error.str()


def reason_of(error: KafkaError) -> str:
    """What a client complains of, without the milliseconds that differ each time."""
    return error.str().partition(" (after ")[0]


class Complaints:
    """What a client complains of (its `error_cb`): that it is refused goes to the log lines, once a minute.

    Its calls only time out then, or wait.
    """

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, error: KafkaError) -> None:
        if is_refusal(error) and time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + SAID_AGAIN_S
            log_line.error("a broker does not let us in", reason=reason_of(error))
