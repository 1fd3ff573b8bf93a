"""A file of an older format is upgraded where it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.schema import LOG_FILE
from commands.log import topics
from commands.ports.log import Entry, LogError


async def test_a_log_of_the_older_format_is_upgraded_where_it_is(tmp_path: Path) -> None:
    """It had no place for trace contexts; all else stays as it was."""
    log = SqliteLog.open(tmp_path)
    await log.append(topics.EVENTS, [Entry("a", b"before")])
    await log.close()
    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as older:
        for (name,) in older.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
        ):
            older.execute(f'ALTER TABLE "{name}" DROP COLUMN traceparent')
        older.execute("PRAGMA user_version = 1")
        older.commit()

    with pytest.raises(LogError, match="format 1"):
        SqliteLog.open(tmp_path, read_only=True)
    log = SqliteLog.open(tmp_path)
    await log.append(topics.EVENTS, [Entry("a", b"after", "00-trace")])
    partition = topics.partition_of("a", log.partitions(topics.EVENTS))
    kept = [(stored.body, stored.traceparent) for stored in await log.read(topics.EVENTS, partition)]
    await log.close()
    assert kept == [(b"before", None), (b"after", "00-trace")]
