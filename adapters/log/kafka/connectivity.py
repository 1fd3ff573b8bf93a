"""The first connection to the brokers, and the reason if they refuse it.

librdkafka reports the reason to `error_cb` only: its calls just time out.
"""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.errors import error_of, is_refusal, reason_of
from adapters.log.kafka.reader import PROBE_S
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import LogError

NO_REASON = "the broker closed the connection without a reason: does it require TLS, or a password?"


def admin_client(settings: KafkaSettings) -> AdminClient:
    """A client, once a broker has accepted a connection. Raises `LogError` with the reason: at once for a refusal.

    It is not the client that probed, in which errors that nobody polls would accumulate.
    """
    errors: list[KafkaError] = []
    probing = _client(settings, errors)
    deadline = time.monotonic() + settings.confirm_timeout_s
    while not _answered(probing):
        probing.poll(0)  # fills `errors`
        refusals = [error for error in errors if is_refusal(error)]
        if refusals or time.monotonic() > deadline:
            raise LogError(f"no broker of {settings.brokers} accepts the connection: {_why(refusals or errors)}")
    return AdminClient(settings.client())


def _client(settings: KafkaSettings, errors: list[KafkaError]) -> AdminClient:
    try:
        return AdminClient(settings.client(error_cb=errors.append))
    except KafkaException as error:
        raise LogError(f"the settings of Kafka can't be used: {error_of(error).str()}") from error


def _answered(client: AdminClient) -> bool:
    try:
        client.list_topics(timeout=PROBE_S)
    except KafkaException:
        return False
    return True


def _why(errors: list[KafkaError]) -> str:
    """The latest reason. That all brokers are down is not one."""
    reasons = [reason_of(error) for error in errors if error.code() != KafkaError._ALL_BROKERS_DOWN]
    return reasons[-1] if reasons else NO_REASON
