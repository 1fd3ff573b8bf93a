"""How much a log holds, by topic."""

from __future__ import annotations

from pathlib import Path

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.sizes import log_bytes
from commands.log import topics
from commands.ports.log import Entry


async def test_keys_and_bodies_of_each_topic_count_and_of_a_table_its_rows(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path)
    await log.append(topics.EVENTS, [Entry("é", b"1234"), Entry("site", b"\0\0")])
    await log.append(topics.DESIRED, [Entry("charger", b"first")])
    await log.append(topics.DESIRED, [Entry("charger", b"2nd")])
    await log.close()

    assert log_bytes(tmp_path) == dict.fromkeys(topics.TOPICS, 0) | {
        topics.EVENTS: len("é".encode()) + 4 + len("site") + 2,
        topics.DESIRED: len("charger") + 3,
    }
