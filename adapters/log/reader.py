"""Reading the file: no row leaves here that was not checked, and none is passed over unnoticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from adapters.log.schema import COLUMNS, OWN, PARTITIONS_KEY, checksum, compacted
from adapters.log.trouble import damaged, translating
from commands.ports import Position, Stored

PAGE_BYTES = 8 * 2**20
"""A page ends with the record that exceeds this."""
LAST = 2**63 - 1
"""The largest offset that SQLite knows."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader has come: the offset in each partition, and that record's seq where it is known already."""

    after: Mapping[int, int]
    seqs: Mapping[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Head:
    """Where a topic ends: its last offset, and the last seq of each partition (none in tables)."""

    offset: int
    seqs: list[int]


class Reader:
    """Queries on one connection; used by one thread at a time. Every method raises `LogDamaged` and `LogError`."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection = connection
        self._file = file
        self._topics: set[str] = set()
        self._partitions: int | None = None

    def partitions(self) -> int:
        """How many partitions every topic has; a log without the number is damaged."""
        if self._partitions is None:
            number = self._own().get(PARTITIONS_KEY)
            if number is None:
                raise damaged(self._file, "it does not say how many partitions it has")
            self._partitions = int(number)
        return self._partitions

    def consumed(self, processor: str) -> dict[int, int]:
        """The last committed offset of each partition of a processor's inputs (0: none)."""
        stored = orjson.loads(self._own().get(f"consumed/{processor}", b"{}"))
        return {partition: stored.get(str(partition), 0) for partition in range(self.partitions())}

    def trimmed(self, topic: str) -> dict[int, tuple[int, int]]:
        """(offset, seq) of the last record that retention took from each partition."""
        own = self._own()
        stored = {
            partition: own.get(f"trimmed/{topic}/{partition}", b"[0,0]") for partition in range(self.partitions())
        }
        return {partition: tuple(orjson.loads(place)) for partition, place in stored.items()}

    def last_offsets(self) -> dict[str, int]:
        """The last offset ever given out in each topic (0: none). SQLite keeps them, without a checksum."""
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
        """Where a topic ends. Its last records are checked: if the end is lost, that shows here."""
        with self._snapshot():
            offset = self.last_offsets().get(topic, 0)
            if compacted(topic):
                (latest,) = self._connection.execute(f'SELECT max(offset) FROM "{topic}"').fetchone()
                if latest is not None and latest > offset:
                    raise damaged(self._file, f"{topic} goes on after its last offset, {offset}")
                return Head(offset, [])
            trimmed = self.trimmed(topic)
            last = [self.last(topic, partition) or gone for partition, gone in trimmed.items()]
        if max(found for found, _ in (*last, *trimmed.values())) != offset:
            raise damaged(self._file, f"{topic} does not end at its last offset, {offset}")
        return Head(offset, [seq for _, seq in last])

    def ends(self, topic: str) -> dict[int, int]:
        """The last offset of each partition, even where retention took the record (0: there was none)."""
        with self._snapshot():
            trimmed = self.trimmed(topic)
            if not self._exists(topic):
                return dict.fromkeys(trimmed, 0)
            return {partition: (self.last(topic, partition) or trimmed[partition])[0] for partition in trimmed}

    def page(self, topic: str, cursor: Cursor, limit: int) -> tuple[list[Stored], Cursor]:
        """Up to `limit` records after the cursor in the order of their offsets, and the cursor after them."""
        with self._snapshot():
            if not self._exists(topic):
                return [], cursor
            after = dict(cursor.after)
            seqs = {} if compacted(topic) else self._seqs(topic, cursor)
            found: list[Stored] = []
            size = 0
            for offset, partition, seq, key, body in self._rows(topic, cursor.after, limit):
                if seqs:
                    self._check_gapless(topic, partition, offset, seq, seqs[partition])
                    seqs[partition] = seq
                after[partition] = offset
                found.append(Stored(Position(partition, offset), key, body))
                size += len(body)
                if size > PAGE_BYTES:
                    break
        return found, Cursor(after, seqs)

    def table(self, topic: str) -> dict[str, bytes]:
        """The latest entry of each key. Its rows have no gapless numbers, so it is the tree itself that is checked."""
        with self._snapshot():
            if not self._exists(topic):
                return {}
            ((verdict,), *_) = self._connection.execute(f'PRAGMA integrity_check("{topic}")')
            if verdict != b"ok":
                raise damaged(self._file, f"{topic}: {verdict.decode(errors='replace')}")
            rows = self._connection.execute(f'SELECT {COLUMNS} FROM "{topic}" ORDER BY offset')
            return {key: body for _, _, _, key, body in self._checked(topic, rows)}

    def last(self, topic: str, partition: int, up_to: int = LAST) -> tuple[int, int] | None:
        """(offset, seq) of the last record of a partition with an offset of at most `up_to`."""
        query = f'SELECT {COLUMNS} FROM "{topic}" WHERE partition = ? AND offset <= ? ORDER BY offset DESC LIMIT 1'
        rows = self._checked(topic, self._connection.execute(query, (partition, up_to)))
        return next(((offset, seq) for offset, _, seq, _, _ in rows), None)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """All queries inside see one state of the file."""
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

    def _rows(self, topic: str, after: Mapping[int, int], limit: int) -> Iterator[tuple[int, int, int, str, bytes]]:
        """The rows of several partitions, merged: each is read along its index, so that none is read in vain."""
        one = f'SELECT {COLUMNS} FROM "{topic}" WHERE partition = ? AND offset > ?'
        query = " UNION ALL ".join([one] * len(after)) + " ORDER BY offset LIMIT ?"
        places = [number for place in after.items() for number in place]
        return self._checked(topic, self._connection.execute(query, (*places, limit)))

    def _checked(self, topic: str, rows: sqlite3.Cursor) -> Iterator[tuple[int, int, int, str, bytes]]:
        name = topic.encode()
        for offset, partition, seq, key, body, written in rows:
            try:
                intact = checksum(name, offset, partition, seq, key, body) == written
            except TypeError:  # a value has become one of another type
                intact = False
            if not intact:
                raise damaged(self._file, f"{topic}, partition {partition}, offset {offset} is not what was written")
            yield offset, partition, seq, key.decode(), body

    def _seqs(self, topic: str, cursor: Cursor) -> dict[int, int]:
        known = cursor.seqs
        return {
            partition: known[partition] if partition in known else self._seq_at(topic, partition, offset)
            for partition, offset in cursor.after.items()
        }

    def _seq_at(self, topic: str, partition: int, offset: int) -> int:
        """The seq of the last record up to `offset`, whether it is still there or was trimmed."""
        _, seq = self.last(topic, partition, offset) or self.trimmed(topic)[partition]
        return seq

    def _check_gapless(self, topic: str, partition: int, offset: int, seq: int, before: int) -> None:
        if seq != before + 1 and seq != self.trimmed(topic)[partition][1] + 1:
            raise damaged(
                self._file,
                f"{topic}, partition {partition}: record {before + 1} is missing before record {seq} (offset {offset})",
            )
