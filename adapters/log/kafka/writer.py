"""Writing: a record at once, confirmed by all replicas; or many records, all or nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from adapters.log.kafka.errors import Complaints, translated, translating
from adapters.log.kafka.names import Names, Row, position_of
from adapters.log.kafka.reader import ASK_S, listed, persisting
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import LogError, Position

POLL_S = 0.1
UNPLACED = KafkaError(KafkaError._FAIL, "a record was not confirmed in time, or without a place")
Delivered = Callable[[KafkaError | None, Message], None]


def produce(producer: Producer, names: Names, row: Row, delivered: Delivered) -> None:
    """Hand over a row, waiting for room where too many are under way."""
    while True:
        try:
            producer.produce(
                names.topic(row.topic), row.body, row.key, row.partition, on_delivery=delivered, headers=row.headers
            )
            return
        except BufferError:
            producer.poll(POLL_S)


def connected(configuration: dict[str, Any], timeout_s: float) -> Producer:
    """A producer that knows the brokers. What it asks before that, librdkafka asks again only 500 to 1,000 ms later."""
    producer = Producer(configuration)
    listed(producer, timeout_s)
    return producer


class Appender:
    """Single records, each confirmed on its own. A thread polls; whoever appended waits on an asyncio future.

    A producer that fails for good (a broker that lost data no longer knows it) refuses everything from then on: another
    one takes its place.
    """

    def __init__(self, settings: KafkaSettings, names: Names) -> None:
        self._settings = settings
        self._names = names
        self._producer = self._fresh()
        self._stopping = False
        self._thread = Thread(target=self._poll, name="kafka appender", daemon=True)
        self._thread.start()

    def append(self, row: Row) -> asyncio.Future[Position]:
        """Hand in a row. This and the future raise what the port's `append` raises."""
        future = asyncio.get_running_loop().create_future()
        with translating(row.topic):
            produce(self._producer, self._names, row, partial(_answer, future, row.topic))
        return future

    def close(self) -> None:
        """Finish what was handed in: each is confirmed or, after its time-out, refused."""
        while self._producer.flush(POLL_S):
            pass
        self._stopping = True
        self._thread.join()

    def _fresh(self) -> Producer:
        return connected(self._settings.producer(error_cb=Complaints()), self._settings.confirm_timeout_s)

    def _poll(self) -> None:
        while not self._stopping:
            try:
                self._producer.poll(POLL_S)
            except KafkaException:  # that it has failed for good
                self._replace()

    def _replace(self) -> None:
        failed = self._producer
        failed.purge()
        while len(failed):  # who waits for its answers hears that there are none
            with suppress(KafkaException):
                failed.poll(POLL_S)
        while self._producer is failed and not self._stopping:  # and refuses, as long as no broker can be reached
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
    """Where the records of a transaction are. It hears of each delivery."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._offsets: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self._refusal = UNPLACED

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """What `produce` tells: for every record, so little is done here."""
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is not None:
            self._refusal = error
        elif topic is not None and partition is not None and offset is not None:
            self._offsets[topic, partition].append(offset)

    def refuse_unless(self, count: int) -> None:
        """Raises `KafkaException` unless so many records are in their places."""
        if sum(map(len, self._offsets.values())) < count:
            raise KafkaException(self._refusal)

    def ends(self) -> list[tuple[str, Position]]:
        """The last place in each partition of a topic."""
        return [
            (self._names.topic_of(name), Position(partition, max(offsets) + 1))
            for (name, partition), offsets in self._offsets.items()
        ]

    def of(self, rows: Sequence[Row]) -> list[Position]:
        """The place of each of these rows, which were handed over in this order: so they are in each partition."""
        offsets = {where: iter(sorted(found)) for where, found in self._offsets.items()}
        return [Position(row.partition, next(offsets[self._names.topic(row.topic), row.partition]) + 1) for row in rows]


class Transactor:
    """Transactions under one lasting id, by one thread. Whoever begins under the same id fences the predecessor.

    A producer that saw any error or time-out is thrown away: only a fresh one knows what became of its transaction.
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
        # librdkafka wants a record to give up before its transaction does.
        self._settings["message.timeout.ms"] = settings.transaction_timeout_ms
        self._producer: Producer | None = None

    def prepare(self) -> Producer:
        """A fresh producer. When this returns, an earlier transaction under this id is committed or aborted."""

        def fresh() -> Producer:
            producer = connected(self._settings, self._patience_s)
            producer.init_transactions(
                ASK_S
            )  # where it waits for a coordinator that is gone, only another one is heard
            return producer

        self._producer = persisting(fresh, self._patience_s)
        return self._producer

    def write(self, rows: Sequence[Row], last: Callable[[Producer], None] | None = None) -> Places:
        """Write rows, and what `last` adds, all or nothing; returns where they are. An error leaves it open which."""
        producer = self._producer or self.prepare()
        self._producer = None  # until it has shown that it can be used again
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
        self._producer = None
