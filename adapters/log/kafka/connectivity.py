"""The first word with the brokers: whether they let us in, and if not, why.

librdkafka tells the reason beside its calls, which only say that the time is over.
"""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.errors import error_of, is_refusal, reason_of
from adapters.log.kafka.reader import KNOCK_S
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import LogError

WORDLESS = "the connection is ended without a word: do they want TLS, or a password?"


def admin_client(settings: KafkaSettings) -> AdminClient:
    """A client whom a broker has let in. Raises `LogError` with the reason: at once where none ever will, else in time.

    What knocks is not what is returned: complaints that nobody fetches would pile up in it.
    """
    told: list[KafkaError] = []
    knocking = _client(settings, told)
    deadline = time.monotonic() + settings.confirm_timeout_s
    while not _answered(knocking):
        knocking.poll(0)  # fills `told`
        refusals = [error for error in told if is_refusal(error)]
        if refusals or time.monotonic() > deadline:
            raise LogError(f"no broker of {settings.brokers} lets us in: {_why(refusals or told)}")
    return AdminClient(settings.client())


def _client(settings: KafkaSettings, told: list[KafkaError]) -> AdminClient:
    try:
        return AdminClient(settings.client(error_cb=told.append))
    except KafkaException as error:
        raise LogError(f"the settings of Kafka can't be used: {error_of(error).str()}") from error


def _answered(client: AdminClient) -> bool:
    try:
        client.list_topics(timeout=KNOCK_S)
    except KafkaException:
        return False
    return True


def _why(told: list[KafkaError]) -> str:
    """The latest reason: that all brokers are down is none."""
    reasons = [reason_of(error) for error in told if error.code() != KafkaError._ALL_BROKERS_DOWN]
    return reasons[-1] if reasons else WORDLESS
