"""Writing to Kafka: single records, confirmed by all replicas, or transactions of many records."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from adapters.log.kafka.errors import ErrorReporter, translated, translating
from adapters.log.kafka.names import Names, Row, position_of
from adapters.log.kafka.reader import ASK_S, listed, retrying
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import LogError, Position

POLL_S = 0.1
UNPLACED = KafkaError(KafkaError._FAIL, "a record was not confirmed in time, or without a place")
Delivered = Callable[[KafkaError | None, Message], None]


def produce(producer: Producer, names: Names, row: Row, delivered: Delivered) -> None:
    """Produce a row. Waits while the queue of the producer is full."""
    while True:
        try:
            producer.produce(
                names.topic(row.topic), row.body, row.key, row.partition, on_delivery=delivered, headers=row.headers
            )
            return
        except BufferError:
            producer.poll(POLL_S)


def connected(configuration: dict[str, Any], timeout_s: float) -> Producer:
    """A producer that has found the brokers. Any earlier call of librdkafka is repeated only after 500 to 1,000 ms."""
    producer = Producer(configuration)
    listed(producer, timeout_s)
    return producer


class Appender:
    """Appends single records, each with an asyncio future. A thread polls the producer.

    A producer that has failed for good (after a broker lost data, for example) is replaced by a new one.
    """

    def __init__(self, settings: KafkaSettings, names: Names) -> None:
        self._settings = settings
        self._names = names
        self._producer = self._fresh()
        self._stopping = False
        self._thread = Thread(target=self._poll, name="kafka appender", daemon=True)
        self._thread.start()

    def append(self, row: Row) -> asyncio.Future[Position]:
        """Append a row. This and the future raise what the port's `append` raises."""
        future = asyncio.get_running_loop().create_future()
        with translating(row.topic):
            produce(self._producer, self._names, row, partial(_answer, future, row.topic))
        return future

    def close(self) -> None:
        """Finish all appends: each is confirmed or, after its time-out, refused."""
        while self._producer.flush(POLL_S):
            pass
        self._stopping = True
        self._thread.join()

    def _fresh(self) -> Producer:
        return connected(self._settings.producer(error_cb=ErrorReporter()), self._settings.confirm_timeout_s)

    def _poll(self) -> None:
        while not self._stopping:
            try:
                self._producer.poll(POLL_S)
            except KafkaException:  # it has failed for good
                self._replace()

    def _replace(self) -> None:
        failed = self._producer
        failed.purge()
        while len(failed):  # those that wait receive an error
            with suppress(KafkaException):
                failed.poll(POLL_S)
        while self._producer is failed and not self._stopping:  # appends are refused while no broker can be reached
            with suppress(LogError):
                self._producer = self._fresh()


def _answer(future: asyncio.Future[Position], topic: str, error: KafkaError | None, message: Message) -> None:
    outcome = translated(error, topic) if error else _placed(message, topic)
    with suppress(RuntimeError):  # where the loop was closed before the log, nobody waits for an answer
        future.get_loop().call_soon_threadsafe(_resolve, future, outcome)


def _placed(message: Message, topic: str) -> Position | LogError:
    position = position_of(message)
    return position or LogError(f"{topic}: confirmed without a place, so it may not be there; append it again")


def _resolve(future: asyncio.Future[Position], outcome: Position | LogError) -> None:
    if future.done():  # its caller was cancelled
        return
    if isinstance(outcome, LogError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


class Places:
    """The places of the records of a transaction. It is called with each delivery report."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._offsets: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self._refusal = UNPLACED

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """The delivery callback. It runs for every record, so it does little."""
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is not None:
            self._refusal = error
        elif topic is not None and partition is not None and offset is not None:
            self._offsets[topic, partition].append(offset)

    def refuse_unless(self, count: int) -> None:
        """Raise `KafkaException` unless this many records were delivered."""
        if sum(map(len, self._offsets.values())) < count:
            raise KafkaException(self._refusal)

    def ends(self) -> list[tuple[str, Position]]:
        """The last place in each partition of a topic."""
        return [
            (self._names.topic_of(name), Position(partition, max(offsets) + 1))
            for (name, partition), offsets in self._offsets.items()
        ]

    def of(self, rows: Sequence[Row]) -> list[Position]:
        """The place of each of these rows, which were produced in this order, so each partition has the same order."""
        offsets = {where: iter(sorted(found)) for where, found in self._offsets.items()}
        return [Position(row.partition, next(offsets[self._names.topic(row.topic), row.partition]) + 1) for row in rows]


class Transactor:
    """Transactions under a lasting id, on one thread. A new producer under the same id fences its predecessor.

    A producer is dropped after any error or time-out: only a fresh one can find out the outcome of its transaction.
    Every method raises `KafkaException`, and `LogError` where no broker can be reached.
    """

    def __init__(self, settings: KafkaSettings, names: Names, transactional_id: str) -> None:
        self._names = names
        self._timeout_s = settings.attempt_timeout_s
        self._patience_s = settings.confirm_timeout_s
        self._settings = settings.producer(
            **{
                "transactional.id": settings.prefix + transactional_id,
                "transaction.timeout.ms": settings.transaction_timeout_ms,
            }
        )
        # librdkafka requires that a record times out before its transaction does.
        self._settings["message.timeout.ms"] = settings.transaction_timeout_ms
        self._producer: Producer | None = None

    def prepare(self) -> Producer:
        """A fresh producer. When this returns, an earlier transaction under this id is committed or aborted."""

        def fresh() -> Producer:
            producer = connected(self._settings, self._patience_s)
            producer.init_transactions(
                ASK_S
            )  # short: a producer that waits for a lost coordinator never notices a new one
            return producer

        self._producer = retrying(fresh, self._patience_s)
        return self._producer

    def write(self, rows: Sequence[Row], last: Callable[[Producer], None] | None = None) -> Places:
        """Write rows, and what `last` adds, all or none; returns places. After an error the outcome is unknown."""
        producer = self._producer or self.prepare()
        self._producer = None  # until it has proved usable
        places = Places(self._names)
        producer.begin_transaction()
        for row in rows:
            produce(producer, self._names, row, places)
        if last is not None:
            last(producer)
        producer.flush(self._timeout_s)
        places.refuse_unless(len(rows))
        producer.commit_transaction(self._timeout_s)
        self._producer = producer
        return places

    def close(self) -> None:
        """Drop the producer."""
        self._producer = None
