"""Reading the file. Every row is checked, and a missing one is noticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from adapters.log.sqlite.errors import damaged, translating
from adapters.log.sqlite.schema import COLUMNS, MOST_PARTITIONS, OWN, PARTITIONS_KEY, checksum, compacted
from commands.ports.log import Position, Stored

PAGE_BYTES = 8 * 2**20
"""A page ends with the record that exceeds this size."""
ALL = range(MOST_PARTITIONS)
LAST = 2**63 - 1
"""The largest offset of SQLite."""


Row = tuple[int, int, int, bytes, str, bytes, str | None]
"""Offset, partition, seq, ends, key, body and traceparent of a checked row."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of a reader: an offset in each partition, and the seq of that record if it is known."""

    after: Mapping[int, int]
    seqs: Mapping[int, int] = field(default_factory=dict)


Page = tuple[list[Stored], Cursor]
"""Records, and the cursor after them."""


@dataclass(slots=True)
class Head:
    """The end of a topic: its last offset, and the last seq of each partition. Tables have no seqs."""

    offset: int
    seqs: list[str]


class Reader:
    """Queries on a connection, by one thread at a time. Every method raises `LogDamaged` and `LogError`."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection = connection
        self._file = file
        self._topics: set[str] = set()
        self._partitions: int | None = None

    def partitions(self) -> int:
        """The number of partitions of every topic."""
        if self._partitions is None:
            number = self._own().get(PARTITIONS_KEY)
            if number is None:
                raise damaged(self._file, "its number of partitions is missing")
            self._partitions = int(number)
        return self._partitions

    def consumed(self, processor: str) -> dict[int, int]:
        """The last committed offset of each partition of a processor's inputs (0: none)."""
        stored = orjson.loads(self._own().get(f"consumed/{processor}", b"{}"))
        return {partition: stored.get(str(partition), 0) for partition in range(self.partitions())}

    def trimmed(self, topic: str) -> dict[int, tuple[int, int]]:
        """Offset and seq of the last record that retention deleted from each partition."""
        own = self._own()
        stored = {
            partition: own.get(f"trimmed/{topic}/{partition}", b"[0,0]") for partition in range(self.partitions())
        }
        return {partition: tuple(orjson.loads(place)) for partition, place in stored.items()}

    def last_offsets(self) -> dict[str, int]:
        """The last offset ever assigned in each topic (0: none). SQLite stores them, without a checksum."""
        with self._snapshot():
            tables = self._connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
            ).fetchall()
            given = self._connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        last = dict.fromkeys((name for (name,) in tables), 0)
        for name, offset in given:
            if name not in last or not isinstance(offset, int):
                raise damaged(self._file, f"there is no topic {name!r} to end at offset {offset!r}")
            last[name] = offset
        return {name.decode(): offset for name, offset in last.items()}

    def head(self, topic: str) -> Head:
        """The end of a topic. Raises `LogDamaged` if it was lost."""
        with self._snapshot():
            offset = self.last_offsets().get(topic, 0)
            if compacted(topic):
                (latest,) = self._connection.execute(f'SELECT max(offset) FROM "{topic}"').fetchone()
                if latest is not None and latest > offset:
                    raise damaged(self._file, f"{topic} goes on after its last offset, {offset}")
                return Head(offset, [])
            newest, _ = self._newest(topic)
            found = max([newest, *(gone for gone, _ in self.trimmed(topic).values())])
            if found != offset:
                raise damaged(self._file, f"{topic} ends at {found}, not at its last offset, {offset}")
            return Head(offset, [str(seq) for seq in self._end_seqs(topic).values()])

    def ends(self, topic: str) -> dict[int, int]:
        """The last offset of each partition, even if retention deleted the record; 0: none."""
        with self._snapshot():
            trimmed = self.trimmed(topic)
            if not self._exists(topic):
                return dict.fromkeys(trimmed, 0)
            found = {partition: self.last(topic, partition) or gone for partition, gone in trimmed.items()}
            if not compacted(topic):
                self._check_complete(topic, {partition: seq for partition, (_, seq) in found.items()})
        return {partition: offset for partition, (offset, _) in found.items()}

    def page(self, topic: str, cursor: Cursor, limit: int) -> Page:
        """Up to `limit` records after a cursor, in the order of offsets, and the cursor after them."""
        with self._snapshot():
            if not self._exists(topic):
                return [], cursor
            after = dict(cursor.after)
            seqs = {} if compacted(topic) else self._seqs(topic, cursor)
            found: list[Stored] = []
            size = 0
            for offset, partition, seq, _, key, body, traceparent in self._rows(topic, cursor.after, limit):
                if seqs:
                    self._check_gapless(topic, partition, offset, seq, seqs[partition])
                    seqs[partition] = seq
                after[partition] = offset
                found.append(Stored(Position(partition, offset), key, body, traceparent))
                size += len(body)
                if size > PAGE_BYTES:
                    break
            if seqs and len(found) < limit and size <= PAGE_BYTES:
                self._check_complete(topic, seqs)
        return found, Cursor(after, seqs)

    def table(self, topic: str) -> dict[str, bytes]:
        """The latest body of each key. Rows of a table have no seqs, so its B-tree is checked instead."""
        with self._snapshot():
            if not self._exists(topic):
                return {}
            ((verdict,), *_) = self._connection.execute(f'PRAGMA integrity_check("{topic}")')
            if verdict != b"ok":
                raise damaged(self._file, f"{topic}: {verdict.decode(errors='replace')}")
            rows = self._connection.execute(f'SELECT {COLUMNS} FROM "{topic}" ORDER BY offset')
            return {key: body for _, _, _, _, key, body, _ in self._checked(topic, rows)}

    def last(self, topic: str, partition: int, up_to: int = LAST) -> tuple[int, int] | None:
        """Offset and seq of the last record of a partition with an offset of at most `up_to`."""
        query = f'SELECT {COLUMNS} FROM "{topic}" WHERE partition = ? AND offset <= ? ORDER BY offset DESC LIMIT 1'
        rows = self._checked(topic, self._connection.execute(query, (partition, up_to)), (partition,))
        return next(((offset, seq) for offset, _, seq, *_ in rows), None)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Run all queries inside on one state of the file."""
        with translating(self._file):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def _exists(self, topic: str) -> bool:
        if topic not in self._topics:
            found = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (topic,)).fetchone()
            if found is None:
                return False
            self._topics.add(topic)
        return True

    def _own(self) -> dict[str, bytes]:
        return self.table(OWN)

    def _rows(self, topic: str, after: Mapping[int, int], limit: int) -> Iterator[Row]:
        """The rows of several partitions, merged. Each is read along its index."""
        one = f'SELECT {COLUMNS} FROM "{topic}" WHERE partition = ? AND offset > ?'
        query = " UNION ALL ".join([one] * len(after)) + " ORDER BY offset LIMIT ?"
        places = [number for place in after.items() for number in place]
        return self._checked(topic, self._connection.execute(query, (*places, limit)), after)

    def _checked(self, topic: str, rows: sqlite3.Cursor, asked: Collection[int] = ALL) -> Iterator[Row]:
        """Checked rows: intact, and of the partitions in the query, since an index may be damaged, too."""
        name = topic.encode()
        for offset, partition, seq, ends, key, body, written, trace in rows:
            try:
                intact = (
                    partition in asked and checksum(name, offset, partition, seq, ends, key, body, trace) == written
                )
            except TypeError:  # a value has another type
                intact = False
            if not intact:
                raise damaged(self._file, f"{topic}, partition {partition}, offset {offset} is not what was written")
            yield offset, partition, seq, ends, key.decode(), body, None if trace is None else trace.decode()

    def _newest(self, topic: str) -> tuple[int, list[int]]:
        """The offset of the last record, and the seq of each partition then; read without the index."""
        rows = self._connection.execute(f'SELECT {COLUMNS} FROM "{topic}" ORDER BY offset DESC LIMIT 1')
        for offset, _, _, ends, *_ in self._checked(topic, rows):
            return offset, [int(seq) for seq in ends.split()]
        return 0, [0] * self.partitions()

    def _end_seqs(self, topic: str) -> dict[int, int]:
        """The last seq of each partition, also if its record was trimmed."""
        _, seqs = self._newest(topic)
        return {partition: max(seqs[partition], seq) for partition, (_, seq) in self.trimmed(topic).items()}

    def _check_complete(self, topic: str, seqs: Mapping[int, int]) -> None:
        """Check that reading to the end of partitions has reached their last records."""
        _, ends = self._newest(topic)
        if all(ends[partition] == seq for partition, seq in seqs.items()):
            return
        trimmed = self.trimmed(topic)
        for partition, end in self._end_seqs(topic).items():
            if partition in seqs and end not in (seqs[partition], trimmed[partition][1]):
                raise damaged(
                    self._file, f"{topic}, partition {partition}: records {seqs[partition] + 1} to {end} are missing"
                )

    def _seqs(self, topic: str, cursor: Cursor) -> dict[int, int]:
        known = cursor.seqs
        return {
            partition: known[partition] if partition in known else self._seq_at(topic, partition, offset)
            for partition, offset in cursor.after.items()
        }

    def _seq_at(self, topic: str, partition: int, offset: int) -> int:
        """The seq of the last record up to `offset`, also if it was trimmed."""
        _, seq = self.last(topic, partition, offset) or self.trimmed(topic)[partition]
        return seq

    def _check_gapless(self, topic: str, partition: int, offset: int, seq: int, before: int) -> None:
        if seq != before + 1 and seq != self.trimmed(topic)[partition][1] + 1:
            raise damaged(
                self._file,
                f"{topic}, partition {partition}: record {before + 1} is missing before record {seq} (offset {offset})",
            )
