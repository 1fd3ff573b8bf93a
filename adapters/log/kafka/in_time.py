"""Calls of librdkafka that may not return."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from confluent_kafka import KafkaError, KafkaException

Outcome = SimpleQueue[Exception | None]
Calls = SimpleQueue[tuple[Callable[[], None], Outcome] | None]
Wait = Callable[[], None]


class InTime:
    """Makes calls on a thread of its own, one at a time. One that does not return in time is left to it for good.

    That thread holds up nobody, not even the end of the process.
    """

    def __init__(self) -> None:
        self._calls: Calls | None = None

    def begin(self, call: Callable[[], None], timeout_s: float) -> Wait:
        """Begin a call; to be waited for before the next. The wait raises what the call raises.

        A time-out (`KafkaException`) where it takes longer: throw away what it uses.
        """
        if self._calls is None:
            self._calls = SimpleQueue()
            Thread(target=_work, args=(self._calls,), name="kafka in time", daemon=True).start()
        outcome: Outcome = SimpleQueue()
        self._calls.put((call, outcome))

        def wait() -> None:
            try:
                error = outcome.get(timeout=timeout_s)
            except Empty:
                self.close()
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no answer within {timeout_s} s")) from None
            if error is not None:
                raise error

        return wait

    def close(self) -> None:
        """Let the thread end, as soon as it can."""
        if self._calls is not None:
            self._calls.put(None)
            self._calls = None


def _work(calls: Calls) -> None:
    while (asked := calls.get()) is not None:
        call, outcome = asked
        try:
            call()
        except Exception as error:
            outcome.put(error)
        else:
            outcome.put(None)
