"""The state of a settled cluster: its log, its time series, and its read models beside a rebuild of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time

from sqlalchemy import Connection, select

from adapters.database import Database
from adapters.log.kafka.log import KafkaLog
from adapters.timeseries.sources import SOURCES
from benchmarks.chaos.checks import Rows
from commands.log import topics
from commands.ports.log import Stored
from commands.ports.series import TimeSeries
from domain.records import Record
from domain.records.observations import Metered, Reading
from processors.engine.build import this_build
from processors.engine.history import records_of, stored_of
from processors.engine.replay import Replayed, replay
from projections import progress
from projections.projection import METADATA
from projections.runner import Projector
from services.composition.processors import all_processors

SETTLE_S = 240
POLL_S = 0.5
DAY_MS = 86_400_000
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Settled:
    """The state of a cluster that has nothing left to do.

    `expected_rows`: record id -> ids of the rows that its reading or meter value makes; `stored_rows`: those that
    are in the time series.
    """

    inputs: Sequence[Record]
    events: Sequence[Record]
    expected_rows: Mapping[str, Sequence[str]]
    stored_rows: Sequence[str]
    live: Mapping[str, Rows]
    again: Mapping[str, Rows]
    replays: Sequence[Replayed]


async def settle(log: KafkaLog, live: Database, series: TimeSeries) -> list[str]:
    """Wait until every consumer has consumed everything; those still behind after `SETTLE_S`."""
    until_s = monotonic() + SETTLE_S
    while behind := await _behind(log, live, series):
        if monotonic() > until_s:
            break
        await asyncio.sleep(POLL_S)
    return behind


async def read(log: KafkaLog, live: Database, series: TimeSeries, folder: Path) -> Settled:
    """Read everything, and make it again from the log."""
    inputs = [record for name in topics.PROCESSORS for record in await _records(log, topics.inputs(name))]
    expected_rows = {
        record.id: [row.id for row in source.rows(record, record.data)]
        for source in SOURCES
        for record in inputs
        if isinstance(record.data, source.type)
    }
    return Settled(
        inputs,
        await _records(log, topics.EVENTS),
        expected_rows,
        await _series(series, inputs),
        await live.read(_tables),
        await _rebuilt(log, folder),
        [
            await replay(log, processor, this_build(), await log.consumed(processor.name))
            for processor in all_processors()
        ],
    )


async def _behind(log: KafkaLog, live: Database, series: TimeSeries) -> list[str]:
    """The consumers that are behind."""
    left = [name for name in topics.PROCESSORS if await _rest(log, topics.inputs(name), await log.consumed(name))]
    if await _rest(log, topics.EVENTS, await live.read(progress.applied)):
        left.append("projector")
    for source in SOURCES:
        rest = await _rest(log, source.topic, await series.consumed(source.topic))
        if any(source.rows_of(stored) for stored in rest):
            left.append(f"telemetry of {source.topic}")
    return left


async def _rest(log: KafkaLog, topic: str, after: Mapping[int, int]) -> list[Stored]:
    partitions = range(log.partitions(topic))
    return [
        stored for partition in partitions async for stored in stored_of(log, topic, partition, after.get(partition, 0))
    ]


async def _records(log: KafkaLog, topic: str) -> list[Record]:
    partitions = range(log.partitions(topic))
    return [record for partition in partitions async for _, record in records_of(log, topic, partition)]


async def _series(series: TimeSeries, inputs: Sequence[Record]) -> list[str]:
    """The ids of all rows, read by vehicle and by site."""
    until_ms = round(time() * 1000) + DAY_MS
    vehicles = {record.data.vehicle_id for record in inputs if isinstance(record.data, Reading)}
    sites = {record.stream.partition(":")[2] for record in inputs if isinstance(record.data, Metered)}
    rows = [row.id for vehicle in sorted(vehicles) for row in await series.telemetry(vehicle, None, 0, until_ms, MOST)]
    return rows + [row.id for site in sorted(sites) for row in await series.meter_values(site, 0, until_ms)]


async def _rebuilt(log: KafkaLog, folder: Path) -> Mapping[str, Rows]:
    """The read models that a projector of its own makes from the first event."""
    database = Database(f"sqlite:///{folder / 'rebuilt.sqlite3'}", durable=False)
    projector = Projector(log, database)
    running = asyncio.create_task(projector.run())
    try:
        ends = await log.ends(topics.EVENTS)
        while not projector.caught_up(ends):
            if running.done():
                running.result()
            await asyncio.sleep(POLL_S)
        return await database.read(_tables)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        database.close()


def _tables(connection: Connection) -> Mapping[str, Rows]:
    tables = [table for table in METADATA.sorted_tables if table not in (progress.CONSUMED, progress.VERSION)]
    return {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}
