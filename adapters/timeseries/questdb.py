"""The time series in QuestDB: for many workers and many APIs. Lost, it is filled again from the log's inputs.

QuestDB has no transaction across tables. So the rows are written first, and how far they reach only once they can be
read: a crash in between repeats rows, and the deduplication of their table leaves one of each. A row's key is its time
by our clock, who it is about and its id; all three follow from its record, so a repeat has the same. Not even a worker
that lost its partitions and writes on can harm: it repeats rows, and sets the position back to rows that are there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import partial
from typing import Any

import psycopg

from adapters.timeseries.connections import Connections
from adapters.timeseries.down_sampling import refreshed
from adapters.timeseries.worker import BUCKETS_KEPT_MS, DAY_MS, METER_VALUES_KEPT_MS, READINGS_KEPT_MS
from commands.ports import MeterValue, SeriesUnavailable, TelemetryEvent, TelemetryType
from domain.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS, Bucket
from domain.records.readings import ReadingSource

EVENTS, METERED, CONSUMED = "telemetry_events", "meter_values", "consumed"
APPLIED_S = 60
LOOK_S = 0.005

TABLES = (
    f"""
    CREATE TABLE IF NOT EXISTS {{prefix}}{EVENTS} (
        received TIMESTAMP, vehicle_id SYMBOL INDEX, id VARCHAR, observed TIMESTAMP, type SYMBOL, value VARCHAR,
        source SYMBOL
    ) TIMESTAMP(received) PARTITION BY DAY TTL {READINGS_KEPT_MS // DAY_MS} DAYS WAL
    DEDUP UPSERT KEYS(received, vehicle_id, id)
    """,
    f"""
    CREATE TABLE IF NOT EXISTS {{prefix}}{METERED} (
        time TIMESTAMP, site_id SYMBOL INDEX, charger_id SYMBOL, id VARCHAR, l1_ma LONG, l2_ma LONG, l3_ma LONG,
        power_w LONG, energy_wh LONG, transaction_id LONG, fresh BOOLEAN
    ) TIMESTAMP(time) PARTITION BY DAY TTL {METER_VALUES_KEPT_MS // DAY_MS} DAYS WAL
    DEDUP UPSERT KEYS(time, charger_id, id)
    """,
    # All at one time: deduplication makes a later position replace the one before.
    f"""
    CREATE TABLE IF NOT EXISTS {{prefix}}{CONSUMED} (time TIMESTAMP, topic SYMBOL, "partition" LONG, "offset" LONG)
    TIMESTAMP(time) PARTITION BY YEAR WAL DEDUP UPSERT KEYS(time, topic, "partition")
    """,
)
BUCKETS = {MINUTE_MS: "meter_minutes", QUARTER_MS: "meter_quarters", HOUR_MS: "meter_hours"}
MAKE_BUCKETS = """
    CREATE TABLE IF NOT EXISTS {prefix}{table} (
        start TIMESTAMP, site_id SYMBOL INDEX, charger_id SYMBOL, "values" LONG, first_ms LONG, drawn_w_ms LONG,
        held_ms LONG, drawn_ma_ms LONG, current_held_ms LONG, least_w LONG, greatest_w LONG, energy_wh LONG,
        transaction_id LONG, uniform BOOLEAN
    ) TIMESTAMP(start) PARTITION BY DAY TTL {days} DAYS WAL DEDUP UPSERT KEYS(start, charger_id)
"""
ADD_BUCKETS = """
    INSERT INTO {prefix}{table} (charger_id, site_id, start, "values", first_ms, drawn_w_ms, held_ms, drawn_ma_ms,
        current_held_ms, least_w, greatest_w, energy_wh, transaction_id, uniform)
    VALUES (%s, %s, %s::long * 1000, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
BUCKETS_AT = """
    SELECT charger_id, site_id, start::long / 1000, "values", first_ms, drawn_w_ms, held_ms, drawn_ma_ms,
        current_held_ms, least_w, greatest_w, energy_wh, transaction_id, uniform
    FROM {prefix}{table} WHERE site_id = %s AND start >= %s AND start < %s ORDER BY start, charger_id
"""
FORGET_BUCKETS = "ALTER TABLE {prefix}{table} DROP PARTITION WHERE start < %s"
ADD_EVENTS = f"""
    INSERT INTO {{prefix}}{EVENTS} (received, vehicle_id, id, observed, type, value, source)
    VALUES (%s::long * 1000, %s, %s, %s::long * 1000, %s, %s, %s)
"""
ADD_METERED = f"""
    INSERT INTO {{prefix}}{METERED}
        (time, site_id, charger_id, id, l1_ma, l2_ma, l3_ma, power_w, energy_wh, transaction_id, fresh)
    VALUES (%s::long * 1000, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
CONSUME = f"""INSERT INTO {{prefix}}{CONSUMED} (time, topic, "partition", "offset") VALUES (0, %s, %s, %s)"""
POSITIONS = f"""SELECT "partition", "offset" FROM {{prefix}}{CONSUMED} WHERE topic = %s"""
EVENTS_OF = f"""
    SELECT id, vehicle_id, type, value, observed::long / 1000, received::long / 1000, source FROM {{prefix}}{EVENTS}
    WHERE vehicle_id = %s AND observed >= %s AND observed < %s AND (%s = '' OR type = %s)
    ORDER BY observed DESC, id DESC LIMIT %s
"""
METERED_AT = f"""
    SELECT id, charger_id, site_id, time::long / 1000, l1_ma, l2_ma, l3_ma, power_w, energy_wh, transaction_id, fresh
    FROM {{prefix}}{METERED} WHERE site_id = %s AND time >= %s AND time < %s ORDER BY time, id
"""
FIRST_METERED = f"SELECT min(first_ms) FROM {{prefix}}{BUCKETS[HOUR_MS]} WHERE site_id = %s"
NEWEST = f"SELECT max(received)::long / 1000 FROM {{prefix}}{EVENTS} WHERE source = %s"
FORGET_EVENTS = f"ALTER TABLE {{prefix}}{EVENTS} DROP PARTITION WHERE received < %s"
FORGET_METERED = f"ALTER TABLE {{prefix}}{METERED} DROP PARTITION WHERE time < %s"
APPLIED = "SELECT sequencerTxn, writerTxn, suspended FROM wal_tables() WHERE name = %s"


class QuestDbSeries:
    """`commands.ports.TimeSeries` on a QuestDB server.

    Everything raises `SeriesUnavailable` where the server can't be reached or does not apply what it took.
    """

    def __init__(self, connections: Connections, prefix: str) -> None:
        self._connections = connections
        self._prefix = prefix

    @classmethod
    def open(cls, url: str, prefix: str = "") -> QuestDbSeries:
        """Open the series of a server, made where there are none.

        `url` as postgresql://user:password@host:8812/qdb; `prefix` of the tables' names, for several on one server.
        """
        series = cls(Connections(url), prefix)
        series._connections.run(series._make)
        return series

    async def consumed(self, topic: str) -> Mapping[int, int]:
        return dict(await self._rows(POSITIONS, topic))

    async def keep(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        events = [_told_by(row) for row in rows if isinstance(row, TelemetryEvent)]
        metered = [row for row in rows if isinstance(row, MeterValue)]
        places = [(topic, partition, offset) for partition, offset in after.items()]

        def work(connection: psycopg.Connection) -> None:
            self._add(connection, EVENTS, ADD_EVENTS, events)
            self._add(connection, METERED, ADD_METERED, [_measured_by(row) for row in metered])
            for width_ms, buckets in refreshed(
                metered, partial(self._values, connection), partial(self._buckets, connection)
            ).items():
                self._add(connection, BUCKETS[width_ms], ADD_BUCKETS, [astuple(bucket) for bucket in buckets])
            self._add(connection, CONSUMED, CONSUME, places)

        await self._connections.use(work)

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        asked = vehicle_id, _us(from_ms), _us(to_ms), kind or "", kind or "", limit
        return [
            TelemetryEvent(record_id, of, told, json.loads(value), *times_ms, source)
            for record_id, of, told, value, *times_ms, source in await self._rows(EVENTS_OF, *asked)
        ]

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        return await self._connections.use(lambda connection: self._values(connection, site_id, from_ms, to_ms))

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[Bucket]:
        return await self._connections.use(
            lambda connection: self._buckets(connection, width_ms, site_id, from_ms, to_ms)
        )

    async def first_metered_ms(self, site_id: str) -> int | None:
        return (await self._rows(FIRST_METERED, site_id))[0][0]

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        return (await self._rows(NEWEST, source))[0][0]

    async def prune(
        self, *, received_before_ms: int, metered_before_ms: int, buckets_before_ms: Mapping[int, int]
    ) -> None:
        """By whole days: QuestDB forgets partitions, never rows. Its TTL does the same where nobody prunes."""

        def work(connection: psycopg.Connection) -> None:
            connection.execute(self._sql(FORGET_EVENTS), [_us(_day_ms(received_before_ms))])
            connection.execute(self._sql(FORGET_METERED), [_us(_day_ms(metered_before_ms))])
            for width_ms, before_ms in buckets_before_ms.items():
                connection.execute(self._sql(FORGET_BUCKETS, BUCKETS[width_ms]), [_us(_day_ms(before_ms))])
            for table in (EVENTS, METERED, *(BUCKETS[width_ms] for width_ms in buckets_before_ms)):
                self._wait_until_applied(connection, table)

        await self._connections.use(work)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _make(self, connection: psycopg.Connection) -> None:
        for table in TABLES:
            connection.execute(self._sql(table))
        for width_ms, table in BUCKETS.items():
            days = BUCKETS_KEPT_MS[width_ms] // DAY_MS
            connection.execute(MAKE_BUCKETS.format(prefix=self._prefix, table=table, days=days))

    def _sql(self, statement: str, table: str = "") -> str:
        return statement.format(prefix=self._prefix, table=table)

    def _values(self, connection: psycopg.Connection, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        found = connection.execute(self._sql(METERED_AT), [site_id, _us(from_ms), _us(to_ms)])
        return [MeterValue(*row[:4], None if row[4] is None else row[4:7], *row[7:]) for row in found]

    def _buckets(
        self, connection: psycopg.Connection, width_ms: int, site_id: str, from_ms: int, to_ms: int
    ) -> Sequence[Bucket]:
        asked = [site_id, _us(from_ms), _us(to_ms)]
        return [Bucket(*row) for row in connection.execute(self._sql(BUCKETS_AT, BUCKETS[width_ms]), asked)]

    async def _rows(self, query: str, *asked: Any) -> Sequence[Any]:
        return await self._connections.use(lambda connection: connection.execute(self._sql(query), asked).fetchall())

    def _add(self, connection: psycopg.Connection, table: str, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """All rows or none, and not before they can be read."""
        if not rows:
            return
        connection.execute("BEGIN")
        connection.cursor().executemany(self._sql(statement, table), rows)
        connection.execute("COMMIT")
        self._wait_until_applied(connection, table)

    def _wait_until_applied(self, connection: psycopg.Connection, table: str) -> None:
        """Until what this connection committed can be read: QuestDB commits to a log, and applies that later."""
        name = f"{self._prefix}{table}"
        committed, applied, suspended = _progress(connection, name)
        deadline = time.monotonic() + APPLIED_S
        while applied < committed:
            if suspended or time.monotonic() > deadline:
                raise SeriesUnavailable(f"QuestDB does not apply what it took: see wal_tables() for {name}")
            time.sleep(LOOK_S)
            _, applied, suspended = _progress(connection, name)


def _progress(connection: psycopg.Connection, name: str) -> tuple[int, int, bool]:
    return connection.execute(APPLIED, [name]).fetchone()


def _told_by(event: TelemetryEvent) -> Sequence[Any]:
    return (
        event.received_ms,
        event.vehicle_id,
        event.id,
        event.observed_ms,
        event.type,
        json.dumps(event.value),
        event.source,
    )


def _measured_by(value: MeterValue) -> Sequence[Any]:
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


def _us(time_ms: int) -> int:
    return time_ms * 1000


def _day_ms(time_ms: int) -> int:
    """The beginning of its day (UTC)."""
    return time_ms - time_ms % DAY_MS
