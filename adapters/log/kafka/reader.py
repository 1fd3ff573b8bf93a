"""Queries of the log: committed records only, and everything that was written before the query.

The end of a transaction is acknowledged before readers see its records. So a query first reads the *uncommitted* ends,
and then committed records up to there, waiting for transactions under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ClusterMetadata, OffsetSpec

from adapters.log.kafka.errors import error_of, translated, translating
from adapters.log.kafka.names import Names, key_of, place_of, stored
from adapters.log.kafka.settings import KafkaSettings
from commands.log import topics
from commands.ports.log import LogError, Stored

Found = TypeVar("Found")
AT_ONCE = 500
SLICE_S = 0.1
"""How long a thread waits for records before it checks whether it should stop."""
RETRY_S = 0.02
PROBE_S = 1.0
ASK_S = 3.0
"""librdkafka may miss that a broker can answer now, and then waits for the time-out: so calls are short."""
NEAR = 4
"""How far from the end the last record usually is: the marker of its transaction follows it."""
FURTHER = 64


def arrivals(consumer: Consumer, timeout_s: float, limit: int = AT_ONCE) -> list[Message]:
    """The messages that have arrived, at most `limit`. Waits for the first only."""
    first = consumer.poll(timeout_s)
    return [] if first is None else [first, *consumer.consume(limit - 1, 0)]


def is_end(message: Message, what: str) -> bool:
    """Whether a message marks the end of its partition. Raises `LogError` for any other error."""
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    raise translated(error, what)


def ends_uncommitted(admin: AdminClient, topic: str, partitions: Collection[int], timeout_s: float) -> dict[int, int]:
    """The next offset of each partition of a topic (as the brokers name it), including open transactions."""
    wanted = {TopicPartition(topic, partition): OffsetSpec.latest() for partition in partitions}

    def ask() -> dict[int, int]:
        answers = admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=ASK_S)
        try:
            ends = {where.partition: answer.result().offset for where, answer in answers.items()}
            # librdkafka 2.16 returns -1001, without an error, if a leader did not answer while others did.
            if any(end < 0 for end in ends.values()):
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "a leader does not answer"))
            return ends
        except KafkaException:
            admin.list_topics(topic, timeout=PROBE_S)  # else it would ask the former leader again
            raise

    return answered(ask, topic, timeout_s) if wanted else {}


def retrying(ask: Callable[[], Found], timeout_s: float) -> Found:
    """Repeat a call while a leader moves or a broker restarts. Raises `KafkaException`."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except KafkaException as error:
            may_pass = error_of(error).retriable() or error_of(error).code() in TRANSIENT
            if not may_pass or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_S)


def answered(ask: Callable[[], Found], what: str, timeout_s: float) -> Found:
    """Like `retrying`; raises `LogError` instead."""
    with translating(what):
        return retrying(ask, timeout_s)


def listed(client: AdminClient | Consumer | Producer, timeout_s: float, topic: str | None = None) -> ClusterMetadata:
    """The metadata of all topics, or of one. Raises `LogError`."""
    return answered(lambda: client.list_topics(topic, timeout=PROBE_S), "the brokers", timeout_s)


def committed(
    consumer: Consumer, partitions: Sequence[TopicPartition], what: str, timeout_s: float
) -> list[TopicPartition]:
    """The *stable* positions of a consumer's group (0: none): no transaction that would change them is under way."""

    def ask() -> list[TopicPartition]:
        found = consumer.committed(list(partitions), PROBE_S)
        for one in found:
            if one.error is not None:
                raise KafkaException(one.error)
            one.offset = max(0, one.offset)
        return found

    return answered(ask, what, timeout_s)


TRANSIENT = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._WAIT_COORD,
        KafkaError._NOENT,
    }
)


class Reader:
    """Queries of the log, by one thread at a time. Every method raises `LogError` and `LogDamaged`."""

    def __init__(self, settings: KafkaSettings, names: Names, admin: AdminClient) -> None:
        self._settings = settings
        self._names = names
        self._admin = admin
        self._timeout_s = settings.confirm_timeout_s
        # An empty answer marks an end, so it must not take long.
        self._consumer = Consumer(settings.consumer("reader", **{"fetch.wait.max.ms": 5}))
        # An `AdminClient` that asks a coordinator may abort the process while brokers restart (librdkafka 2.16).
        self._groups: dict[str, Consumer] = {}
        self._met: set[str] = set()
        self._last: dict[tuple[str, int], tuple[int, int]] = {}

    def close(self) -> None:
        """Close all clients."""
        for consumer in (self._consumer, *self._groups.values()):
            consumer.close()

    def high(self, topic: str, partitions: Collection[int] | None = None) -> dict[int, int]:
        """The end of each partition, including open transactions."""
        all_of_it = range(self._names.partitions[topic]) if partitions is None else partitions
        return ends_uncommitted(self._admin, self._names.topic(topic), all_of_it, self._timeout_s)

    def page(self, topic: str, partition: int, after: int, limit: int) -> list[Stored]:
        """Up to `limit` records of a partition after an offset."""
        found: list[Stored] = []
        for message in self._between(topic, {partition: (after, self.high(topic, [partition])[partition])}):
            if len(found) == limit:
                break
            if message.value() is not None:
                found.append(stored(message))
        return found

    def table(self, topic: str, partitions: Collection[int] | None = None) -> dict[str, bytes]:
        """The latest body of each key in some partitions, by default in all."""
        self._names.table(topic)
        found: dict[str, bytes] = {}
        high = self.high(topic, partitions)
        for message in self._between(topic, {partition: (0, end) for partition, end in high.items()}):
            key, body = key_of(message), message.value()
            if body is None:
                found.pop(key, None)
            else:
                found[key] = body
        return found

    def ends(self, topic: str) -> dict[int, int]:
        """The position of the last record of each partition. Only markers of transactions follow it."""
        high = self.high(topic)
        back = NEAR
        while unknown := [p for p, end in high.items() if self._last.get((topic, p), (0, 0))[0] != end]:
            spans = {p: (max(0, high[p] - back), high[p]) for p in unknown}
            places = map(place_of, self._between(topic, spans))
            last = {partition: offset + 1 for partition, offset in places}
            known = {p: last.get(p, 0) for p in unknown if p in last or back >= high[p]}
            self._last |= {(topic, p): (high[p], end) for p, end in known.items()}
            back *= FURTHER
        return {p: self._last.get((topic, p), (0, 0))[1] for p in high}

    def consumed(self, processor: str) -> dict[int, int]:
        """The committed positions of a processor's workers, once they are decided."""
        if processor not in self._groups:
            self._groups[processor] = Consumer(self._settings.consumer(processor))
        inputs = topics.inputs(processor)
        name = self._names.topic(inputs)
        wanted = [TopicPartition(name, partition) for partition in range(self._names.partitions[inputs])]
        found = committed(self._groups[processor], wanted, processor, self._timeout_s)
        return {one.partition: one.offset for one in found}

    def _between(self, topic: str, spans: Mapping[int, tuple[int, int]]) -> Iterator[Message]:
        """The committed messages of each partition between two offsets, once all of them are decided."""
        ends = {partition: end for partition, (start, end) in spans.items() if start < end}
        if not ends:
            return
        name = self._names.topic(topic)
        open_until = time.monotonic() + self._timeout_s
        if name not in self._met:  # librdkafka itself finds the leaders of a new topic up to 1 s later
            listed(self._consumer, self._timeout_s, name)
            self._met.add(name)
        with translating(name):
            self._consumer.assign([TopicPartition(name, partition, spans[partition][0]) for partition in ends])
        try:
            while ends:
                for message in arrivals(self._consumer, SLICE_S):
                    if message.partition() not in ends:
                        continue
                    at_end = is_end(message, name)
                    partition, reached = place_of(message)
                    if not at_end:
                        reached += 1
                        if reached <= ends[partition]:
                            yield message
                    if reached >= ends[partition]:
                        del ends[partition]
                if ends and time.monotonic() > open_until:
                    raise LogError(f"{name}: partitions {sorted(ends)} can't be read to their ends")
        finally:
            self._consumer.unassign()
