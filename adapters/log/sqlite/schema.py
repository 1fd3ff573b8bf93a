"""The schema of the file: a table for each topic, and one for the log's own data."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path

from commands.log import topics
from commands.ports.log import LogError

LOG_FILE = "log.sqlite3"
APPLICATION_ID = int.from_bytes(b"CmWt", "big")
FORMAT = 2
WITHOUT_TRACES = 1
"""An older format, without the column `traceparent`. It is upgraded when opened for writing."""
OWN = "_log"
"""Compacted: `partitions`; `consumed/<processor>`: partition -> offset; `trimmed/<topic>/<partition>`: offset, seq."""
PARTITIONS = 4
PARTITIONS_KEY = "partitions"
MOST_PARTITIONS = 64
"""Every record contains the end of each."""
TOPIC = re.compile(r"[a-z][A-Za-z0-9_.-]*")

COLUMNS = "offset, partition, seq, ends, key, body, checksum, traceparent"


def checksum(
    topic: bytes, offset: int, partition: int, seq: int, ends: bytes, key: bytes, body: bytes, traceparent: bytes | None
) -> bytes:
    """The checksum of a row and its place: a changed byte and a page in the wrong place are noticed."""
    content = b"%b %d %d %d [%b] %d %b%b" % (topic, offset, partition, seq, ends, len(key), key, body)
    if traceparent is not None:
        content = b"%b|%b" % (traceparent, content)
    return blake2b(content, digest_size=16).digest()


@cache
def compacted(topic: str) -> bool:
    """Whether a topic is a table, or the log's own data."""
    return topic == OWN or topics.is_table(topic)


def create_table(connection: sqlite3.Connection, topic: str) -> None:
    """Create the table of a topic. Offsets are never used again (AUTOINCREMENT).

    `seq` counts the entries of a partition without a gap, `ends` has the last seq of every partition, so that a missing
    entry is noticed, in the middle and at the end. Tables have neither; their whole B-tree is checked.
    """
    unique = "UNIQUE" if compacted(topic) else ""
    connection.execute(
        f'CREATE TABLE IF NOT EXISTS "{topic}" (offset INTEGER PRIMARY KEY AUTOINCREMENT, partition INTEGER NOT NULL,'
        f" seq INTEGER NOT NULL, ends TEXT NOT NULL, key TEXT NOT NULL {unique}, body BLOB NOT NULL,"
        " checksum BLOB NOT NULL, traceparent TEXT)"
    )
    if not compacted(topic):
        connection.execute(f'CREATE INDEX IF NOT EXISTS "{topic}/partition" ON "{topic}" (partition)')


@cache
def checked_topic(topic: str) -> str:
    """A topic whose name may be part of SQL. Raises `ValueError` for any other."""
    if not TOPIC.fullmatch(topic):
        raise ValueError(f"topic: {topic!r} is not a name of letters, digits, '.', '_' and '-'")
    return topic


def connect_writer(file: Path) -> sqlite3.Connection:
    """A connection whose commits are durable when they return. It creates the file, but no tables."""
    with _closed_on_error(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        if _marks(connection) == (APPLICATION_ID, WITHOUT_TRACES):
            _upgrade(connection)
        _recognise(connection, file, may_be_new=True)
    return connection


def connect_reader(file: Path) -> sqlite3.Connection:
    """A read-only connection, which may be used beside a writer."""
    if not file.exists():
        raise LogError(f"{file}: there is no log")
    # SQLite can't share memory in a read-only folder. Without a WAL it need not.
    alone = not os.access(file.parent, os.W_OK) and not file.with_name(f"{file.name}-wal").exists()
    uri = f"{file.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    with _closed_on_error(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)) as connection:
        _recognise(connection, file, may_be_new=False)
    return connection


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.text_factory = bytes
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def mark(connection: sqlite3.Connection) -> None:
    """Mark a new file as a log, in the transaction that creates its tables."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def is_new(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written to the file. A log that has lost its tables is not new."""
    return _marks(connection) == (0, 0) and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _upgrade(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
    for (name,) in tables.fetchall():
        connection.execute(f'ALTER TABLE "{name.decode()}" ADD COLUMN traceparent TEXT')
    mark(connection)
    connection.execute("COMMIT")


def _recognise(connection: sqlite3.Connection, file: Path, may_be_new: bool) -> None:
    if may_be_new and is_new(connection):
        return
    application, version = _marks(connection)
    if (application, version) != (APPLICATION_ID, FORMAT):
        raise LogError(f"{file} is not a log of this program (application {application:#x}, format {version})")
