"""`commands.ports.log.Log` in a SQLite file: the default, for one machine.

A single thread commits all waiting appends at once (WAL, synchronous=FULL), so that many callers share one write to the
disk. Reads have a thread and a connection of their own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from adapters.log.sqlite import schema, trimming
from adapters.log.sqlite.consumer import SqliteConsumer
from adapters.log.sqlite.ends import Ends, FollowedEnds
from adapters.log.sqlite.errors import translating
from adapters.log.sqlite.lock import WriterLock
from adapters.log.sqlite.reader import Cursor, Page, Reader
from adapters.log.sqlite.writer import Group, Placed, Work, Writer, size_of
from commands.log import topics
from commands.log.codec import canonical
from commands.ports.log import Entry, LogError, Output, Position, Stored

PAGE = 500
NEAR = 64
"""This few records are read on the event loop, which takes less time than another thread."""
BODY_LIMIT = 900 * 2**20
"""SQLite stores values of up to 1,000,000,000 bytes."""

Found = TypeVar("Found")


@dataclass(slots=True, eq=False)
class Follower:
    """A follower of a topic: the offset that it has read up to (-1: none), and whether it waits for more."""

    topic: str
    looked: int = -1
    waits: bool = False


class SqliteLog:
    """The log in `log.sqlite3` of a folder, for the event loop that uses it first."""

    def __init__(self, file: Path, readers: tuple[Reader, Reader], files: ExitStack, read_only: bool) -> None:
        self._file = file
        self._reader, self._near_reader = reader, _ = readers
        self._files = files
        self._partitions = reader.partitions()
        self._executor = ThreadPoolExecutor(1, "log reader")
        self._near_pages: dict[str, tuple[object, Page]] = {}
        self._owners: dict[str, SqliteConsumer] = {}
        self._followers: set[Follower] = set()
        self._writer: Writer | None = None
        last = reader.last_offsets()
        self.ends_now = FollowedEnds(last, self._last_offsets) if read_only else Ends(last)

    @classmethod
    def open(cls, folder: Path, partitions: int | None = None, *, read_only: bool = False) -> SqliteLog:
        """Open the log of a folder, created if missing, with `partitions` for each topic (default: 4, or what it has).

        A read-only log needs no lock, may be used beside the process that writes, and refuses appends and consumers.
        Raises `LogBusy` if another process writes, `LogDamaged` if the end of a topic does not read back, `LogFull`,
        `LogError`.
        """
        if partitions is not None and not 1 <= partitions <= schema.MOST_PARTITIONS:
            raise ValueError(f"partitions: {partitions} is not between 1 and {schema.MOST_PARTITIONS}")
        file = folder / schema.LOG_FILE
        with translating(file), ExitStack() as files:
            if not read_only:
                folder.mkdir(parents=True, exist_ok=True)
                files.callback(WriterLock(folder).release)
                writing = schema.connect_writer(file)
                files.callback(writing.close)
                if schema.is_new(writing):
                    _prepare(writing, file, partitions or schema.PARTITIONS)
            readers = _reader(file, files), _reader(file, files)
            _check(readers[0], file, partitions)
            log = cls(file, readers, files.pop_all(), read_only)
            if not read_only:
                log._writer = Writer(writing, file, log.ends_now)
            return log

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        """Raises what the port raises, and `ValueError` for entries that can't be stored."""
        return await self._write([self.row((topic, entry)) for entry in entries])

    async def append_all(self, outputs: Sequence[Output]) -> None:
        """Raises what `append` raises."""
        await self._write([self.row(output) for output in outputs])

    async def read(self, topic: str, partition: int, after: int = 0, limit: int = 1000) -> Sequence[Stored]:
        """A page of large bodies may end early; only an empty one means the end."""
        if not 0 <= partition < self._partitions:
            raise ValueError(f"partition: {partition} is not one of {self._partitions}")
        records, _ = await self.page(topic, Cursor({partition: after}), limit)
        return records

    async def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        """Pages of all partitions in the order of offsets, until the log is closed. Tables have their present rows."""
        cursor = Cursor({partition: after.get(partition, 0) for partition in range(self._partitions)})
        follower = Follower(topic)
        self._followers.add(follower)
        try:
            while not self.ends_now.closed:
                last = self.ends_now.last(topic)
                if last <= follower.looked:
                    follower.waits = True
                    await self.ends_now.changed(topic)
                    follower.waits = False
                    continue
                records, cursor = await self.page(topic, cursor, PAGE)
                follower.looked = records[-1].position.offset if records else last
                if records:
                    yield records
        finally:
            self._followers.discard(follower)

    async def moved(self, timeout_s: float) -> None:
        """Return when a write is finished, or after `timeout_s`; used to wait until all is quiet."""
        await self.ends_now.moved(timeout_s)

    def quiet(self) -> bool:
        """Whether all that was written is handled: no write is under way, and all followers wait."""
        handled = all(one.waits and one.looked >= self.ends_now.last(one.topic) for one in self._followers)
        return handled and self._writable().idle() and all(owner.caught_up() for owner in self._owners.values())

    async def table(self, topic: str) -> Mapping[str, bytes]:
        if not schema.compacted(topic):
            raise ValueError(f"topic: {topic} is no table")
        return await self._reading(self._reader.table, topic)

    async def ends(self, topic: str) -> Mapping[int, int]:
        return await self._reading(self._reader.ends, topic)

    async def consumed(self, processor: str) -> Mapping[int, int]:
        return await self._reading(self._reader.consumed, processor)

    async def trim(self, topic: str, before: Mapping[int, int]) -> None:
        """Delete the records of each partition with an offset below the given one. Raises what `append` raises."""
        if schema.compacted(topic):
            raise ValueError(f"topic: {topic} is a table, which stores the latest of each key")
        if not self.ends_now.last(topic):
            return
        for partition, offset in before.items():
            while await self.submit(trimming.slice_of(topic, partition, offset)):
                pass
        self._near_pages.pop(topic, None)

    def partitions(self, topic: str) -> int:
        return self._partitions

    def consumer(self, processor: str) -> SqliteConsumer:
        """A consumer that replaces any other one of `processor`, at once. Raises `LogError` on a read-only log."""
        self._writable()
        consumer = SqliteConsumer(self, processor)
        self._owners[processor] = consumer
        return consumer

    async def close(self) -> None:
        """Close the log: waiting polls return empty batches, and tails end."""
        if self.ends_now.closed:
            return
        if self._writer:
            self._writer.stop()
        self.ends_now.close()
        await asyncio.get_running_loop().run_in_executor(self._executor, self._close_files)
        self._executor.shutdown()

    def owns(self, processor: str, consumer: SqliteConsumer) -> bool:
        """Whether this consumer is the present one of its processor."""
        return self._owners[processor] is consumer

    def row(self, output: Output) -> Placed:
        """An entry in its partition. Raises `ValueError`, naming what can't be stored."""
        topic, entry = output
        if entry.body is None:
            if not topics.is_table(topic):
                raise ValueError(f"body: {topic} is no table, there is nothing to delete (key {entry.key!r})")
        elif not isinstance(entry.body, bytes) or len(entry.body) > BODY_LIMIT:
            raise ValueError(f"body: must be bytes, at most {BODY_LIMIT} of them (key {entry.key!r})")
        partition = topics.partition_of(entry.key, self._partitions)
        return schema.checked_topic(topic), partition, entry.key, entry.body, entry.traceparent

    def submit(self, work: Work, size: int = 0) -> asyncio.Future[Any]:
        """Pass a job of about `size` bytes to the writer."""
        return self._writable().submit(work, size)

    async def page(self, topic: str, cursor: Cursor, limit: int) -> Page:
        """Up to `limit` records after a cursor, and the cursor after them."""
        last = self.ends_now.last(topic)
        if last - max(cursor.after.values()) <= NEAR:
            return self._near_page(topic, cursor, limit, last)
        return await self._reading(self._reader.page, topic, cursor, limit)

    def _near_page(self, topic: str, cursor: Cursor, limit: int, last: int) -> Page:
        """A page near the end of a topic. All followers ask for the same one, so it is read once."""
        asked = last, limit, cursor.after
        known = self._near_pages.get(topic)
        if known is None or known[0] != asked:
            self._near_pages[topic] = known = asked, self._near_reader.page(topic, cursor, limit)
        return known[1]

    def _write(self, rows: Sequence[Placed]) -> asyncio.Future[list[Position]]:
        return self.submit(lambda group: group.add_all(rows), size_of(rows))

    async def _reading(self, query: Callable[..., Found], *arguments: Any) -> Found:
        if self.ends_now.closed:
            raise LogError(f"{self._file} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, query, *arguments)

    async def _last_offsets(self) -> Mapping[str, int]:
        return await self._reading(self._reader.last_offsets)

    def _writable(self) -> Writer:
        if self._writer is None:
            raise LogError(f"{self._file} was opened read-only")
        return self._writer

    def _close_files(self) -> None:
        if self._writer:
            self._writer.join()
        self._files.close()


def _reader(file: Path, files: ExitStack) -> Reader:
    reading = schema.connect_reader(file)
    files.callback(reading.close)
    return Reader(reading, file)


def _prepare(connection: sqlite3.Connection, file: Path, partitions: int) -> None:
    """Create the tables of a new file, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    schema.mark(connection)
    for topic in topics.TOPICS:
        schema.create_table(connection, topic)
    group = Group(connection, Reader(connection, file), {})
    group.add(schema.OWN, 0, schema.PARTITIONS_KEY, canonical(partitions))
    group.write()
    connection.execute("COMMIT")


def _check(reader: Reader, file: Path, partitions: int | None) -> None:
    """Check the number of partitions, and the end of every topic."""
    if partitions not in (None, reader.partitions()):
        raise LogError(f"{file} has {reader.partitions()} partitions a topic, not {partitions}; that can't be changed")
    for topic in reader.last_offsets():
        reader.head(topic)
