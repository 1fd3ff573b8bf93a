"""The time series in QuestDB, for many workers and many APIs. If they are lost, they are written again from the inputs.

QuestDB has no transaction across tables, and applies each commit later. So rows are written first, and the position
only once they can be read. A crash in between repeats rows, which deduplication absorbs: the key of a row
(time, vehicle or charger, id) is derived from its record. A worker that lost its partitions and still writes does no
harm: it repeats rows, and sets the position back to rows that exist.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple
from functools import partial
from typing import Any, TypeVar

import psycopg

from adapters.timeseries import down_sampling
from adapters.timeseries.connections import Connections
from adapters.timeseries.down_sampling import B, Owners, Sampling, sampled
from adapters.timeseries.questdb_tables import (
    ADD_EVENTS,
    ADD_METERED,
    APPLIED,
    CONSUME,
    CONSUMED,
    EVENTS,
    EVENTS_OF,
    FIRST_METERED,
    FORGET_EVENTS,
    FORGET_METERED,
    ID_TYPE,
    IDS_AS_TEXT,
    METERED,
    METERED_AT,
    METERED_COARSE,
    NEWEST,
    NUMBERED,
    POSITIONS,
    READ_AT,
    READ_COARSE,
    TABLES,
    Coarse,
    asked,
)
from adapters.timeseries.worker import DAY_MS
from commands.ports.series import MeterValue, SeriesUnavailable, TelemetryEvent, TelemetryType
from domain.records.observations import ReadingSource
from domain.series.down_sampling import WIDTHS_MS
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import ReadingBucket, SampledType

APPLIED_S = 60
LOOK_S = 0.002
"""The first pause between two queries of `wal_tables()`; each later one is twice as long."""

V = TypeVar("V")
_At = Callable[[psycopg.Connection, Owners, int, int], Sequence[V]]
"""The values of owners in a range, in the order of time."""


class QuestDbSeries:
    """`commands.ports.series.TimeSeries` on a QuestDB server.

    Every method raises `SeriesUnavailable` if the server can't be reached, or does not apply a commit.
    """

    def __init__(self, connections: Connections, prefix: str) -> None:
        self._connections = connections
        self._prefix = prefix

    @classmethod
    def open(cls, url: str, prefix: str = "") -> QuestDbSeries:
        """Open the series of a server. Missing tables are created.

        `url` as postgresql://user:password@host:8812/qdb; `prefix` is put before the tables' names.
        """
        series = cls(Connections(url), prefix)
        series._connections.run(series._make)
        return series

    async def consumed(self, topic: str) -> Mapping[int, int]:
        return dict(await self._rows(POSITIONS, topic))

    async def write(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        read = [row for row in rows if isinstance(row, TelemetryEvent)]
        metered = [row for row in rows if isinstance(row, MeterValue)]
        places = [(topic, partition, offset) for partition, offset in after.items()]

        def work(connection: psycopg.Connection) -> None:
            added = [
                *self._add(connection, EVENTS, ADD_EVENTS, [_event_row(row) for row in read]),
                *self._add(connection, METERED, ADD_METERED, [_meter_row(row) for row in metered]),
                *self._refresh(connection, down_sampling.READ, READ_COARSE, sampled(read), self._events),
                *self._refresh(connection, down_sampling.METERED, METERED_COARSE, metered, self._values),
            ]
            self._wait_until_applied(connection, added)
            self._wait_until_applied(connection, self._add(connection, CONSUMED, CONSUME, places))

        await self._connections.use(work)

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        given = vehicle_id, _us(from_ms), _us(to_ms), kind or "", kind or "", limit
        return [_event(*row) for row in await self._rows(EVENTS_OF, *given)]

    async def reading_buckets(
        self, width_ms: int, vehicle_id: str, kind: SampledType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[ReadingBucket]:
        given = vehicle_id, _us(from_ms), _us(to_ms), kind or "", kind or "", limit
        return [ReadingBucket(*row) for row in await self._rows(READ_COARSE.newest_of(width_ms), *given)]

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        return await self._connections.use(lambda connection: self._values(connection, [site_id], from_ms, to_ms))

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterBucket]:
        return await self._connections.use(
            lambda connection: self._buckets(connection, METERED_COARSE, width_ms, [site_id], from_ms, to_ms)
        )

    async def first_metered_ms(self, site_id: str) -> int | None:
        return await self._number(FIRST_METERED, site_id)

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        return await self._number(NEWEST, source)

    async def prune(
        self, *, received_before_ms: int, metered_before_ms: int, buckets_before_ms: Mapping[int, int]
    ) -> None:
        """Prune by whole days: QuestDB deletes partitions, never rows. Its TTL does the same without this."""

        def work(connection: psycopg.Connection) -> None:
            connection.execute(self._sql(FORGET_EVENTS), [_us(_day_ms(received_before_ms))])
            connection.execute(self._sql(FORGET_METERED), [_us(_day_ms(metered_before_ms))])
            tables = [EVENTS, METERED]
            for width_ms, before_ms in buckets_before_ms.items():
                for coarse in (READ_COARSE, METERED_COARSE):
                    connection.execute(self._sql(coarse.forget(width_ms)), [_us(_day_ms(before_ms))])
                    tables.append(coarse.tables[width_ms])
            self._wait_until_applied(connection, tables)

        await self._connections.use(work)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _make(self, connection: psycopg.Connection) -> None:
        coarse = [kind.make(width_ms) for kind in (READ_COARSE, METERED_COARSE) for width_ms in WIDTHS_MS]
        for table in (*TABLES, *coarse):
            connection.execute(self._sql(table))
        for name in NUMBERED:
            names = {"prefix": self._prefix, "table": name}
            if connection.execute(ID_TYPE.format(**names)).fetchall() == [("LONG",)]:
                connection.execute(IDS_AS_TEXT.format(**names))

    def _sql(self, statement: str, owners: Owners = ()) -> str:
        return statement.format(prefix=self._prefix, owners=asked(len(owners)))

    def _refresh(
        self,
        connection: psycopg.Connection,
        sampling: Sampling[V, B],
        coarse: Coarse[B],
        new: Sequence[V],
        values: _At[V],
    ) -> Iterator[str]:
        all_values = sampling.with_new(new, partial(values, connection))
        fresh = sampling.refreshed(new, all_values, partial(self._buckets, connection, coarse))
        for width_ms, buckets in fresh.items():
            rows = [astuple(one) for one in buckets]
            yield from self._add(connection, coarse.tables[width_ms], coarse.add(width_ms), rows)

    def _events(
        self, connection: psycopg.Connection, vehicle_ids: Owners, from_ms: int, to_ms: int
    ) -> Sequence[TelemetryEvent]:
        found = connection.execute(self._sql(READ_AT, vehicle_ids), [*vehicle_ids, _us(from_ms), _us(to_ms)])
        return [_event(*row) for row in found]

    def _values(
        self, connection: psycopg.Connection, site_ids: Owners, from_ms: int, to_ms: int
    ) -> Sequence[MeterValue]:
        found = connection.execute(self._sql(METERED_AT, site_ids), [*site_ids, _us(from_ms), _us(to_ms)])
        return [_meter_value(*row) for row in found]

    def _buckets(
        self,
        connection: psycopg.Connection,
        coarse: Coarse[B],
        width_ms: int,
        owners: Owners,
        from_ms: int,
        to_ms: int,
    ) -> Sequence[B]:
        statement = self._sql(coarse.at(width_ms, len(owners)))
        return [coarse.bucket(*row) for row in connection.execute(statement, [*owners, _us(from_ms), _us(to_ms)])]

    async def _rows(self, query: str, *asked: Any) -> Sequence[Any]:
        return await self._connections.use(lambda connection: connection.execute(self._sql(query), asked).fetchall())

    async def _number(self, query: str, *asked: Any) -> int | None:
        ((number,),) = await self._rows(query, *asked)
        return None if number is None else int(number)

    def _add(
        self, connection: psycopg.Connection, table: str, statement: str, rows: Sequence[Sequence[Any]]
    ) -> Sequence[str]:
        """Commit rows, all or none; returns the table, if there are any. They can be read once they are applied."""
        if not rows:
            return []
        connection.execute("BEGIN")
        connection.cursor().executemany(self._sql(statement), rows)
        connection.execute("COMMIT")
        return [table]

    def _wait_until_applied(self, connection: psycopg.Connection, tables: Sequence[str]) -> None:
        """Wait until all that is committed can be read: QuestDB commits to a log, and applies it later."""
        names = [f"{self._prefix}{table}" for table in tables]
        found = self._progress(connection, names)
        committed = {name: ends for name, ends, _, _ in found}
        deadline, pause_s = time.monotonic() + APPLIED_S, LOOK_S
        while behind := [(name, halted) for name, _, applied, halted in found if applied < committed[name]]:
            for name, halted in behind:
                if halted or time.monotonic() > deadline:
                    raise SeriesUnavailable(f"QuestDB does not apply what was committed: see wal_tables() for {name}")
            time.sleep(pause_s)
            pause_s *= 2
            found = self._progress(connection, names)

    def _progress(self, connection: psycopg.Connection, names: Sequence[str]) -> Sequence[tuple[str, int, int, bool]]:
        return connection.execute(APPLIED.format(names=asked(len(names))), names).fetchall() if names else []


def _event_row(event: TelemetryEvent) -> Sequence[Any]:
    return (
        event.received_ms,
        event.vehicle_id,
        event.id,
        event.observed_ms,
        event.type,
        json.dumps(event.value),
        event.source,
    )


def _event(record_id: str, vehicle_id: str, kind: TelemetryType, value: str, *rest: Any) -> TelemetryEvent:
    return TelemetryEvent(record_id, vehicle_id, kind, json.loads(value), *rest)


def _meter_row(value: MeterValue) -> Sequence[Any]:
    return (
        value.time_ms,
        value.site_id,
        value.charger_id,
        value.id,
        *(value.current_ma or (None, None, None)),
        value.power_w,
        value.energy_wh,
        value.transaction_id,
        value.fresh,
    )


def _meter_value(
    record_id: str,
    charger_id: str,
    site_id: str,
    time_ms: int,
    l1_ma: int | None,
    l2_ma: int | None,
    l3_ma: int | None,
    *rest: Any,
) -> MeterValue:
    if l1_ma is None or l2_ma is None or l3_ma is None:
        return MeterValue(record_id, charger_id, site_id, time_ms, None, *rest)
    return MeterValue(record_id, charger_id, site_id, time_ms, (l1_ma, l2_ma, l3_ma), *rest)


def _us(time_ms: int) -> int:
    return time_ms * 1000


def _day_ms(time_ms: int) -> int:
    """The beginning of the day (UTC), in ms."""
    return time_ms - time_ms % DAY_MS
