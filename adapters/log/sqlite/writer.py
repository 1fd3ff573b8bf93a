"""Writing the file: one thread, with one commit for all waiting jobs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from adapters.log.sqlite.ends import Ends
from adapters.log.sqlite.errors import translated
from adapters.log.sqlite.reader import Head, Reader
from adapters.log.sqlite.schema import COLUMNS, checksum, compacted, create_table
from commands.ports.log import Fenced, LogError, Position

GROUP_BYTES = 8 * 2**20
"""A commit takes no further job once it has this many bytes."""
ROW_BYTES = 100
"""The bytes of a row beside its body."""
AT_ONCE = (64, 16, 4, 1)
"""The numbers of rows of one statement. Before each statement the thread may wait for the event loop's thread."""

Placed = tuple[str, int, str, bytes | None, str | None]
"""Topic, partition, key, body and traceparent of an entry to add."""
Row = tuple[int, int, int, str, str, bytes, bytes, str | None]


def size_of(entries: Sequence[Placed]) -> int:
    """The size of entries in a commit, in bytes."""
    return ROW_BYTES * len(entries) + sum([len(body) for _, _, _, body, _ in entries if body])


class Group:
    """The rows of a commit, collected from its jobs and written at its end."""

    def __init__(self, connection: sqlite3.Connection, reader: Reader, heads: dict[str, Head]) -> None:
        self.connection = connection
        self.reader = reader
        self._heads = heads
        self._appended: dict[str, list[Row]] = {}
        self._latest: dict[str, dict[str, Row | None]] = {}

    def add(self, topic: str, partition: int, key: str, body: bytes | None, traceparent: str | None = None) -> Position:
        """Add an entry; returns its position."""
        head = self._heads.get(topic) or self._open(topic)
        head.offset = offset = head.offset + 1
        if compacted(topic):
            row = None if body is None else _row(topic, offset, partition, 0, "", key, body, traceparent)
            self._latest.setdefault(topic, {})[key] = row
        elif body is not None:
            seq = int(head.seqs[partition]) + 1
            head.seqs[partition] = str(seq)
            ends = " ".join(head.seqs)
            self._appended.setdefault(topic, []).append(
                _row(topic, offset, partition, seq, ends, key, body, traceparent)
            )
        return Position(partition, offset)

    def add_all(self, entries: Sequence[Placed]) -> list[Position]:
        """Add entries in order; returns their positions."""
        return [self.add(*entry) for entry in entries]

    def write(self) -> None:
        """Write all rows."""
        for topic, rows in self._appended.items():
            self._put("INSERT", topic, rows)
        for topic, latest in self._latest.items():
            self._put("REPLACE", topic, [row for row in latest.values() if row is not None])
            deleted = [(key,) for key, row in latest.items() if row is None]
            self.connection.executemany(f'DELETE FROM "{topic}" WHERE key = ?', deleted)

    def ends(self) -> dict[str, int]:
        """The last offset of each topic that was written."""
        return {topic: self._heads[topic].offset for topic in (*self._appended, *self._latest)}

    def _put(self, verb: str, topic: str, rows: Sequence[Row]) -> None:
        done = 0
        for number in AT_ONCE:
            while len(rows) - done >= number:
                values = [*chain.from_iterable(rows[done : done + number])]
                self.connection.execute(_statement(verb, topic, number), values)
                done += number

    def _open(self, topic: str) -> Head:
        create_table(self.connection, topic)
        self._heads[topic] = head = self.reader.head(topic)
        return head


def _row(
    topic: str, offset: int, partition: int, seq: int, ends: str, key: str, body: bytes, traceparent: str | None
) -> Row:
    trace = None if traceparent is None else traceparent.encode()
    proof = checksum(topic.encode(), offset, partition, seq, ends.encode(), key.encode(), body, trace)
    return offset, partition, seq, ends, key, body, proof, traceparent


@cache
def _statement(verb: str, topic: str, rows: int) -> str:
    return f'{verb} INTO "{topic}" ({COLUMNS}) VALUES {", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * rows)}'


Work = Callable[[Group], Any]


@dataclass(slots=True)
class Job:
    """Work for a commit, and the future of its result."""

    work: Work
    size: int
    future: asyncio.Future[Any]


class Writer:
    """Runs jobs from an event loop, and completes each once it is durable.

    A commit has all jobs that arrived during the previous one. `Fenced` refuses its job alone (it is raised before the
    job adds anything); any other error refuses the whole commit, of which nothing is written then.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path, ends: Ends) -> None:
        self._connection = connection
        self._file = file
        self._reader = Reader(connection, file)
        self._ends = ends
        self._heads: dict[str, Head] = {}
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._stopping = False
        self._unanswered = 0
        self._thread = Thread(target=self._run, name="log writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work, size: int = 0) -> asyncio.Future[Any]:
        """Submit a job of about `size` bytes. The future raises what the port's `append` raises."""
        if self._stopping:
            raise LogError(f"{self._file} is closed")
        future = asyncio.get_running_loop().create_future()
        self._unanswered += 1
        self._jobs.put(Job(work, size, future))
        return future

    def idle(self) -> bool:
        """Whether every job is completed."""
        return self._unanswered == 0

    def stop(self) -> None:
        """Accept no more jobs. `join` waits for those that were accepted."""
        self._stopping = True
        self._jobs.put(None)

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._next_jobs():
            outcomes, ends = self._commit(jobs)
            answer = jobs[0].future.get_loop().call_soon_threadsafe
            with suppress(RuntimeError):  # where the loop was closed before the log, nobody waits for an answer
                answer(self._resolve, jobs, outcomes, ends)

    def _next_jobs(self) -> list[Job]:
        """Wait for a job, and return all that wait; none once `stop` was called and all are done."""
        jobs: list[Job] = []
        size = 0
        while size < GROUP_BYTES and not (jobs and self._jobs.empty()):
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)  # for the next call
                break
            jobs.append(job)
            size += job.size
        return jobs

    def _commit(self, jobs: Sequence[Job]) -> tuple[list[Any], Mapping[str, int]]:
        group = Group(self._connection, self._reader, self._heads)
        try:
            self._connection.execute("BEGIN")
            outcomes = [_outcome(job, group) for job in jobs]
            group.write()
            self._connection.execute("COMMIT")
        except Exception as error:
            self._roll_back()
            return [translated(error, self._file) for _ in jobs], {}
        return outcomes, group.ends()

    def _roll_back(self) -> None:
        self._heads.clear()  # they count what was not written
        if self._connection.in_transaction:  # SQLite ends it by itself when the disk is full
            with suppress(sqlite3.Error):  # the next BEGIN raises it
                self._connection.execute("ROLLBACK")

    def _resolve(self, jobs: Sequence[Job], outcomes: Sequence[Any], ends: Mapping[str, int]) -> None:
        for topic, offset in ends.items():
            self._ends.advance(topic, offset)
        self._unanswered -= len(jobs)
        self._ends.note_write()
        for job, outcome in zip(jobs, outcomes, strict=True):
            if job.future.done():  # its caller was cancelled
                continue
            if isinstance(outcome, Exception):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)


def _outcome(job: Job, group: Group) -> Any:
    try:
        return job.work(group)
    except Fenced as refusal:
        return refusal
