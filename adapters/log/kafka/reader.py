"""Reading what is there: committed records only, and everything that was written before the question was asked.

A transaction's end is acknowledged before readers see its records. So a question first takes the ends *uncommitted*,
and then reads committed records up to there, waiting for transactions that are under way.
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
"""So long a thread waits for records before it looks whether it shall end."""
RETRY_S = 0.02
KNOCK_S = 1.0
ASK_S = 3.0
"""librdkafka may miss that a broker could answer now, and then waits out any time-out: so it is asked again soon."""
NEAR = 4
"""The last record is commonly so near to the end: after it comes the mark of its transaction."""
FURTHER = 64


def arrivals(consumer: Consumer, timeout_s: float, limit: int = AT_ONCE) -> list[Message]:
    """What has arrived, at most `limit`; waits for the first only."""
    first = consumer.poll(timeout_s)
    return [] if first is None else [first, *consumer.consume(limit - 1, 0)]


def is_end(message: Message, what: str) -> bool:
    """Whether this tells that the partition ends here; raises what else is no record."""
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    raise translated(error, what)


def ends_uncommitted(admin: AdminClient, topic: str, partitions: Collection[int], timeout_s: float) -> dict[int, int]:
    """The next offset of each partition of a topic (a broker's name), open transactions included."""
    wanted = {TopicPartition(topic, partition): OffsetSpec.latest() for partition in partitions}

    def ask() -> dict[int, int]:
        answers = admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=ASK_S)
        try:
            ends = {where.partition: answer.result().offset for where, answer in answers.items()}
            # So librdkafka 2.16 tells of a partition whose leader did not answer, where others did: without an error.
            if any(end < 0 for end in ends.values()):
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "a leader does not answer"))
            return ends
        except KafkaException:
            admin.list_topics(topic, timeout=KNOCK_S)  # else it would go on to ask whom it knew as the leader
            raise

    return insisting(ask, topic, timeout_s) if wanted else {}


def persisting(ask: Callable[[], Found], timeout_s: float) -> Found:
    """Ask again while a leader moves or a broker restarts. Raises `KafkaException`."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except KafkaException as error:
            may_pass = error_of(error).retriable() or error_of(error).code() in TRANSIENT
            if not may_pass or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_S)


def insisting(ask: Callable[[], Found], what: str, timeout_s: float) -> Found:
    """Like `persisting`; raises `LogError`."""
    with translating(what):
        return persisting(ask, timeout_s)


def listed(client: AdminClient | Consumer | Producer, timeout_s: float, topic: str | None = None) -> ClusterMetadata:
    """What there is, or of one topic. Raises `LogError`."""
    return insisting(lambda: client.list_topics(topic, timeout=KNOCK_S), "the brokers", timeout_s)


def committed(
    consumer: Consumer, partitions: Sequence[TopicPartition], what: str, timeout_s: float
) -> list[TopicPartition]:
    """The *stable* positions of a consumer's group (0: none): no transaction that would change them is under way."""

    def ask() -> list[TopicPartition]:
        found = consumer.committed(list(partitions), KNOCK_S)
        for one in found:
            if one.error is not None:
                raise KafkaException(one.error)
            one.offset = max(0, one.offset)
        return found

    return insisting(ask, what, timeout_s)


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
    """Questions about what is there; used by one thread at a time. Every method raises `LogError`, `LogDamaged`."""

    def __init__(self, settings: KafkaSettings, names: Names, admin: AdminClient) -> None:
        self._settings = settings
        self._names = names
        self._admin = admin
        self._timeout_s = settings.confirm_timeout_s
        # An empty answer tells of an end: it shall not take long.
        self._consumer = Consumer(settings.consumer("reader", **{"fetch.wait.max.ms": 5}))
        # To ask a coordinator by an `AdminClient` may abort the process while brokers come and go (librdkafka 2.16).
        self._groups: dict[str, Consumer] = {}
        self._met: set[str] = set()
        self._last: dict[tuple[str, int], tuple[int, int]] = {}

    def close(self) -> None:
        for consumer in (self._consumer, *self._groups.values()):
            consumer.close()

    def high(self, topic: str, partitions: Collection[int] | None = None) -> dict[int, int]:
        """Where each partition ends, open transactions included."""
        all_of_it = range(self._names.partitions[topic]) if partitions is None else partitions
        return ends_uncommitted(self._admin, self._names.topic(topic), all_of_it, self._timeout_s)

    def page(self, topic: str, partition: int, after: int, limit: int) -> list[Stored]:
        found: list[Stored] = []
        for message in self._between(topic, {partition: (after, self.high(topic, [partition])[partition])}):
            if len(found) == limit:
                break
            if message.value() is not None:
                found.append(stored(message))
        return found

    def table(self, topic: str, partitions: Collection[int] | None = None) -> dict[str, bytes]:
        """The latest of each key in these partitions (all, when left out)."""
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
        """The position of each partition's last record. What comes after it are marks of transactions."""
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
        """Up to where a processor's workers have consumed each partition, once that is decided."""
        if processor not in self._groups:
            self._groups[processor] = Consumer(self._settings.consumer(processor))
        inputs = topics.inputs(processor)
        name = self._names.topic(inputs)
        wanted = [TopicPartition(name, partition) for partition in range(self._names.partitions[inputs])]
        found = committed(self._groups[processor], wanted, processor, self._timeout_s)
        return {one.partition: one.offset for one in found}

    def _between(self, topic: str, spans: Mapping[int, tuple[int, int]]) -> Iterator[Message]:
        """The committed messages of each partition between two offsets, as soon as all of them are decided."""
        ends = {partition: end for partition, (start, end) in spans.items() if start < end}
        if not ends:
            return
        name = self._names.topic(topic)
        open_until = time.monotonic() + self._timeout_s
        if name not in self._met:  # librdkafka itself looks for the leaders of another topic up to 1 s later
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
