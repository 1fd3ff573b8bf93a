"""Topics in memory, which outlive the logs that are opened on them, as files outlive a process."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from commands.log import topics
from commands.ports.log import Entry, Output, Position, Stored

PARTITIONS = 4
TOPIC = re.compile(r"[a-z][A-Za-z0-9_.-]*")


@dataclass(slots=True)
class Topic:
    """The entries of each partition in order; of a table, the latest of each key."""

    name: str
    partitions: list[list[Stored]]
    latest: dict[str, Stored] = field(default_factory=dict)
    last: int = 0

    def add(self, partition: int, entry: Entry) -> Position:
        self.last += 1
        position = Position(partition, self.last)
        if entry.body is None:
            self._forget(entry.key)
            return position
        stored = Stored(position, entry.key, entry.body, entry.traceparent)
        if topics.is_table(self.name):
            self._forget(entry.key)
            self.latest[entry.key] = stored
        self.partitions[partition].append(stored)
        return position

    def after(self, offsets: Mapping[int, int], limit: int) -> list[Stored]:
        """The first entries of all partitions after an offset of each, in the order of offsets."""
        found: list[Stored] = []
        for partition, entries in enumerate(self.partitions):
            first = bisect_right(entries, offsets.get(partition, 0), key=_offset)
            found += entries[first : first + limit]
        return sorted(found, key=_offset)[:limit]

    def ends(self) -> dict[int, int]:
        return {
            partition: entries[-1].position.offset if entries else 0
            for partition, entries in enumerate(self.partitions)
        }

    def _forget(self, key: str) -> None:
        old = self.latest.pop(key, None)
        if old is not None:
            self.partitions[old.position.partition].remove(old)


def _offset(stored: Stored) -> int:
    return stored.position.offset


class Topics:
    """All topics, and how far each processor has consumed its inputs."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self.partitions = partitions
        self.consumed: defaultdict[str, dict[int, int]] = defaultdict(lambda: dict.fromkeys(range(partitions), 0))
        self._topics: dict[str, Topic] = {}

    def of(self, name: str) -> Topic:
        if name not in self._topics:
            self._topics[name] = Topic(name, [[] for _ in range(self.partitions)])
        return self._topics[name]

    def digest(self) -> str:
        """A hash of all entries of all topics: the same for the same history."""
        content = blake2b(digest_size=16)
        for name in sorted(self._topics):
            for entries in self._topics[name].partitions:
                for stored in entries:
                    content.update(f"{name} {stored.position} {stored.key} ".encode() + stored.body)
        return content.hexdigest()

    def add_all(self, outputs: Sequence[Output]) -> list[Position]:
        """Add all entries or none. Raises `ValueError`, naming what can't be stored."""
        for topic, entry in outputs:
            _check(topic, entry)
        placed = [(topic, topics.partition_of(entry.key, self.partitions), entry) for topic, entry in outputs]
        return [self.of(topic).add(partition, entry) for topic, partition, entry in placed]


def _check(topic: str, entry: Entry) -> None:
    if not TOPIC.fullmatch(topic):
        raise ValueError(f"topic: {topic!r} is not a name of letters, digits, '.', '_' and '-'")
    if entry.body is None:
        if not topics.is_table(topic):
            raise ValueError(f"body: {topic} is no table, there is nothing to delete (key {entry.key!r})")
    elif not isinstance(entry.body, bytes):
        raise ValueError(f"body: must be bytes (key {entry.key!r})")
