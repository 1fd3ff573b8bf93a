"""Calls of librdkafka that may not return."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from confluent_kafka import KafkaError, KafkaException


def call_with_timeout(call: Callable[[], None], timeout_s: float) -> None:
    """Call, and raise what it raises; a time-out (`KafkaException`) where it takes longer.

    It goes on then, on a thread that holds up nobody, not even the end of the process: throw away what it uses.
    """
    outcomes: SimpleQueue[Exception | None] = SimpleQueue()

    def attempt() -> None:
        try:
            call()
        except Exception as error:
            outcomes.put(error)
        else:
            outcomes.put(None)

    Thread(target=attempt, name="kafka in time", daemon=True).start()
    try:
        error = outcomes.get(timeout=timeout_s)
    except Empty:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no answer within {timeout_s} s")) from None
    if error is not None:
        raise error
