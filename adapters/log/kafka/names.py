"""Entries as messages of Kafka, and topics by the names that brokers use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from confluent_kafka import Message

from commands.log import topics
from commands.ports.log import Output, Position, Stored

BODY_LIMIT = 32 * 2**20
TRACEPARENT = "traceparent"
"""The header with the W3C trace context, the only header of our records."""


class Row(NamedTuple):
    """An entry to write. `topic` is the platform's name of the topic."""

    topic: str
    partition: int
    key: bytes
    body: bytes | None
    headers: list[tuple[str, str | bytes | None]] | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The topics of a platform, and the number of partitions of each."""

    prefix: str
    partitions: Mapping[str, int]

    def topic(self, topic: str) -> str:
        """The brokers' name of a topic. Raises `ValueError` for an unknown one."""
        if topic not in self.partitions:
            raise ValueError(f"topic: {topic!r} is not a topic of this log")
        return self.prefix + topic

    def topic_of(self, name: str) -> str:
        """The platform's name of a topic of the brokers."""
        return name.removeprefix(self.prefix)

    def table(self, topic: str) -> str:
        """The brokers' name of a table. Raises `ValueError` for any other topic."""
        if not topics.is_table(topic):
            raise ValueError(f"topic: {topic} is no table")
        return self.topic(topic)

    def row(self, output: Output) -> Row:
        """An entry in its partition. Raises `ValueError`, naming what can't be stored."""
        topic, entry = output
        self.topic(topic)
        if entry.body is None:
            if not topics.is_table(topic):
                raise ValueError(f"body: {topic} is no table, there is nothing to delete (key {entry.key!r})")
        elif not isinstance(entry.body, bytes) or len(entry.body) > BODY_LIMIT:
            raise ValueError(f"body: must be bytes, at most {BODY_LIMIT} of them (key {entry.key!r})")
        # Always computed here: the client's own partitioner would treat empty keys differently.
        partition = topics.partition_of(entry.key, self.partitions[topic])
        if entry.traceparent is None:
            return Row(topic, partition, entry.key.encode(), entry.body)
        return Row(topic, partition, entry.key.encode(), entry.body, [(TRACEPARENT, entry.traceparent.encode())])


def position_of(message: Message) -> Position | None:
    """The position of a message. Kafka counts from 0 and the port from 1, so `after` is the offset where Kafka goes on.

    None if a record was confirmed without a place: the client mistook the confirmation of a later one for it.
    """
    offset = message.offset()
    partition = message.partition()
    return None if partition is None or offset is None else Position(partition, offset + 1)


def place_of(message: Message) -> tuple[int, int]:
    """The partition and the offset (from 0) of a message that was read."""
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return partition, offset


def key_of(message: Message) -> str:
    """The key of a message that was read; empty where another program wrote none."""
    return (message.key() or b"").decode()


def stored(message: Message) -> Stored:
    """A message that was read, as the port has it."""
    partition, offset = place_of(message)
    traceparent = dict(message.headers() or ()).get(TRACEPARENT)
    text = traceparent.decode() if isinstance(traceparent, bytes) else None
    return Stored(Position(partition, offset + 1), key_of(message), message.value() or b"", text)
