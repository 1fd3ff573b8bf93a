"""What time it is by the log: the newest record of any input or event."""

from pathlib import Path

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.codec import entry
from commands.log.latest_log_time import latest_ms
from domain.records import input_record
from domain.records.vehicles import CancelSession


def at(time_ms: int, stream: str):
    return entry(input_record(f"{stream} {time_ms}", "/api", stream, time_ms, CancelSession(session_id="s"), actor="a"))


async def test_the_newest_record_counts_whatever_its_topic(tmp_path: Path) -> None:
    log = SqliteLog.open(tmp_path)
    assert await latest_ms(log) == 0
    await log.append(topics.EVENTS, [at(1, "sites:a"), at(3, "sites:b")])
    assert await latest_ms(log) == 3
    await log.append(topics.inputs("load"), [at(7, "load:a")])
    await log.append(topics.inputs("sites"), [at(5, "sites:a")])
    assert await latest_ms(log) == 7
    await log.close()
