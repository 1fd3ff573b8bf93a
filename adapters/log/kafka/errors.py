"""Errors of Kafka, as those of the port."""

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
REPORT_EVERY_S = 60.0

log_line = structlog.get_logger("kafka")


def translated(error: KafkaError, what: str) -> LogError:
    """The error of the port for one of Kafka."""
    code = error.code()
    reason = f"{error.str()} ({error.name()})"
    if code in FENCED:
        return Fenced(f"{what}: another worker took over, or this one was silent for too long: {reason}")
    if code in FULL:
        return LogFull(f"{what}: a broker's disk is full or failing: {reason}")
    if code in DAMAGED:
        return LogDamaged(f"{what}: a record of the brokers does not read back as it was written: {reason}")
    return LogError(f"{what}: {reason}; nothing of this was acknowledged")


def error_of(exception: KafkaException) -> KafkaError:
    """The error in an exception of librdkafka."""
    error: KafkaError = exception.args[0]
    return error


@contextmanager
def translating(what: str) -> Iterator[None]:
    """Raise errors of the port instead of Kafka's."""
    try:
        yield
    except KafkaException as error:
        raise translated(error_of(error), what) from error


def is_refusal(error: KafkaError) -> bool:
    """Whether a broker refuses us, or we refuse it. With TLS 1.3 an alert may arrive after the handshake."""
    return error.code() in REFUSED or "SSL alert" in error.str()


def reason_of(error: KafkaError) -> str:
    """The reason of an error, without the milliseconds that always differ."""
    return error.str().partition(" (after ")[0]


class ErrorReporter:
    """The `error_cb` of a client: it logs refusals, once a minute at most. The client's calls only time out."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, error: KafkaError) -> None:
        if is_refusal(error) and time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + REPORT_EVERY_S
            log_line.error("a broker refuses the connection", reason=reason_of(error))
