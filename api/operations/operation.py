"""The state of the platform: lags on the log, stopped streams, sessions and chargers of each site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from api.context import Context
from commands.log import topics
from commands.log.record_header import read_header
from commands.ports.log import Log
from domain.records.time import StreamUnparked
from projections import chargers, sessions

K = TypeVar("K", str, bool)

SERIES = (topics.inputs("vehicles"), topics.inputs("load"))
"""The topics that are stored in the time series."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The present state.

    `inputs_behind` of each processor and `series_behind` of each topic are in offsets. On Kafka offsets have gaps, so a
    few may remain when nothing is left. `parked`: stopped streams of each processor; `sessions`: by (site, state);
    `chargers`: by (site, whether they are connected).
    """

    inputs_behind: Mapping[str, int]
    series_behind: Mapping[str, int]
    parked: Mapping[str, int]
    sessions: Mapping[tuple[str, str], int]
    chargers: Mapping[tuple[str, bool], int]


class Parked:
    """The streams that are stopped: parked, and not released since."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._seen: dict[tuple[str, int], int] = {}
        self._stopped: set[str] = set()

    async def count(self) -> Mapping[str, int]:
        """The number of stopped streams of each processor."""
        for processor in topics.PROCESSORS:
            topic = topics.parked(processor)
            for partition, end in (await self._log.ends(topic)).items():
                await self._read_on(topic, partition, end)
        counts = Counter(stream.partition(":")[0] for stream in self._stopped)
        return {processor: counts[processor] for processor in topics.PROCESSORS}

    async def _read_on(self, topic: str, partition: int, end: int) -> None:
        seen = self._seen.get((topic, partition), 0)
        while seen < end and (page := await self._log.read(topic, partition, seen)):
            for about in (read_header(stored.body) for stored in page):
                if about.type == StreamUnparked.type_name:
                    self._stopped.discard(about.stream)
                else:
                    self._stopped.add(about.stream)
            seen = page[-1].position.offset
        self._seen[topic, partition] = max(seen, end)


async def operation(context: Context, parked: Parked) -> Operation:
    """The present state."""
    log = context.log
    ends = {topic: await log.ends(topic) for topic in map(topics.inputs, topics.PROCESSORS)}
    return Operation(
        inputs_behind={
            processor: _behind(ends[topics.inputs(processor)], await log.consumed(processor))
            for processor in topics.PROCESSORS
        },
        series_behind={topic: _behind(ends[topic], await context.series.consumed(topic)) for topic in SERIES},
        parked=await parked.count(),
        sessions=_by_key(await context.database.read(sessions.present)),
        chargers=_by_key(await context.database.read(chargers.connections)),
    )


def _behind(ends: Mapping[int, int], consumed: Mapping[int, int]) -> int:
    return sum(max(0, end - consumed.get(partition, 0)) for partition, end in ends.items())


def _by_key(rows: Sequence[tuple[str, K, int]]) -> dict[tuple[str, K], int]:
    return {(site_id, what): count for site_id, what, count in rows}
