"""The latest time on the log: that of its newest record."""

from __future__ import annotations

from commands.log import topics
from commands.log.record_header import read_header
from commands.ports.log import Log

RECORDED = (topics.EVENTS, *map(topics.inputs, topics.PROCESSORS))


async def latest_ms(log: Log) -> int:
    """The time of the newest input or event, in ms since 1970 UTC; 0 if there is none. Raises `LogDamaged`."""
    latest = 0
    for topic in RECORDED:
        for partition, end in (await log.ends(topic)).items():
            newest = await log.read(topic, partition, end - 1, 1) if end else ()
            latest = max([latest, *(read_header(stored.body).time for stored in newest)])
    return latest
