"""A time-out for calls of librdkafka that may never return."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from confluent_kafka import KafkaError, KafkaException


def call_with_timeout(call: Callable[[], None], timeout_s: float) -> None:
    """Call `call`, and raise what it raises, or a time-out (`KafkaException`).

    After a time-out the call continues on a daemon thread, so its client must not be used any more.
    """
    outcomes: SimpleQueue[Exception | None] = SimpleQueue()

    def attempt() -> None:
        try:
            call()
        except Exception as error:
            outcomes.put(error)
        else:
            outcomes.put(None)

    Thread(target=attempt, name="kafka call", daemon=True).start()
    try:
        error = outcomes.get(timeout=timeout_s)
    except Empty:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no answer within {timeout_s} s")) from None
    if error is not None:
        raise error
