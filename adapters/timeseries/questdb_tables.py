"""The tables of the time series in QuestDB, and their statements. `{prefix}` precedes the name of each table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Generic

from adapters.timeseries.down_sampling import B
from adapters.timeseries.worker import BUCKETS_RETENTION_MS, DAY_MS, METER_VALUES_RETENTION_MS, READINGS_RETENTION_MS
from domain.series.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import ReadingBucket

EVENTS, METERED, CONSUMED = "telemetry_events", "meter_values", "consumed"

TABLES = (
    f"""
    CREATE TABLE IF NOT EXISTS {{prefix}}{EVENTS} (
        received TIMESTAMP, vehicle_id SYMBOL INDEX, id VARCHAR, observed TIMESTAMP, type SYMBOL, value VARCHAR,
        source SYMBOL
    ) TIMESTAMP(received) PARTITION BY DAY TTL {READINGS_RETENTION_MS // DAY_MS} DAYS WAL
    DEDUP UPSERT KEYS(received, vehicle_id, id)
    """,
    f"""
    CREATE TABLE IF NOT EXISTS {{prefix}}{METERED} (
        time TIMESTAMP, site_id SYMBOL INDEX, charger_id SYMBOL, id VARCHAR, l1_ma LONG, l2_ma LONG, l3_ma LONG,
        power_w LONG, energy_wh LONG, transaction_id VARCHAR, fresh BOOLEAN
    ) TIMESTAMP(time) PARTITION BY DAY TTL {METER_VALUES_RETENTION_MS // DAY_MS} DAYS WAL
    DEDUP UPSERT KEYS(time, charger_id, id)
    """,
    # All rows have the same time, so that deduplication replaces a position by the next one.
    f"""
    CREATE TABLE IF NOT EXISTS {{prefix}}{CONSUMED} (time TIMESTAMP, topic SYMBOL, "partition" LONG, "offset" LONG)
    TIMESTAMP(time) PARTITION BY YEAR WAL DEDUP UPSERT KEYS(time, topic, "partition")
    """,
)


class Coarse(Generic[B]):
    """The tables of the buckets of a kind, one for each width (ms). `sources`: the columns of a bucket's source."""

    def __init__(self, bucket: type[B], tables: Mapping[int, str], sources: tuple[str, str], columns: str) -> None:
        self.bucket = bucket
        self.tables = tables
        self._owner, self._source = sources
        self._columns = columns
        self._names = [field.name for field in fields(bucket)]

    def make(self, width_ms: int) -> str:
        """The statement that creates the table of a width."""
        return f"""
            CREATE TABLE IF NOT EXISTS {{prefix}}{self.tables[width_ms]} (
                start TIMESTAMP, {self._owner} SYMBOL INDEX, {self._source} SYMBOL, "values" LONG, {self._columns}
            ) TIMESTAMP(start) PARTITION BY DAY TTL {BUCKETS_RETENTION_MS[width_ms] // DAY_MS} DAYS WAL
            DEDUP UPSERT KEYS(start, {self._owner}, {self._source})
        """

    def add(self, width_ms: int) -> str:
        """The statement that inserts a bucket."""
        names = ", ".join("start" if name == "start_ms" else f'"{name}"' for name in self._names)
        values = ", ".join("%s::long * 1000" if name == "start_ms" else "%s" for name in self._names)
        return f"INSERT INTO {{prefix}}{self.tables[width_ms]} ({names}) VALUES ({values})"

    def at(self, width_ms: int, owners: int) -> str:
        """The query of buckets in a range. Parameters: as many owners, from and to (µs)."""
        return f"""
            SELECT {self._read} FROM {{prefix}}{self.tables[width_ms]}
            WHERE {self._owner} IN ({asked(owners)}) AND start >= %s AND start < %s ORDER BY start, "{self._source}"
        """

    def newest_of(self, width_ms: int) -> str:
        """The query of the newest buckets. Parameters: owner, from and to (µs), twice a source ('': all), limit."""
        return f"""
            SELECT {self._read} FROM {{prefix}}{self.tables[width_ms]}
            WHERE {self._owner} = %s AND start >= %s AND start < %s AND (%s = '' OR "{self._source}" = %s)
            ORDER BY start DESC, "{self._source}" LIMIT %s
        """

    def forget(self, width_ms: int) -> str:
        """The statement that deletes the days before a time (µs)."""
        return f"ALTER TABLE {{prefix}}{self.tables[width_ms]} DROP PARTITION WHERE start < %s"

    @property
    def _read(self) -> str:
        return ", ".join("start::long / 1000" if name == "start_ms" else f'"{name}"' for name in self._names)


def asked(count: int) -> str:
    """As many placeholders of parameters."""
    return ", ".join(["%s"] * count)


METERED_COARSE = Coarse(
    MeterBucket,
    {MINUTE_MS: "meter_minutes", QUARTER_MS: "meter_quarters", HOUR_MS: "meter_hours"},
    ("site_id", "charger_id"),
    """first_ms LONG, drawn_w_ms LONG, held_ms LONG, drawn_ma_ms LONG, current_held_ms LONG, least_w LONG,
    greatest_w LONG, energy_wh LONG, transaction_id VARCHAR, uniform BOOLEAN""",
)
READ_COARSE = Coarse(
    ReadingBucket,
    {MINUTE_MS: "reading_minutes", QUARTER_MS: "reading_quarters", HOUR_MS: "reading_hours"},
    ("vehicle_id", "type"),
    "total_milli LONG, least_milli LONG, greatest_milli LONG, last_milli LONG",
)
NUMBERED = (METERED, *METERED_COARSE.tables.values())
"""The tables in which a transaction's id was a number."""
ID_TYPE = "SELECT type FROM table_columns('{prefix}{table}') WHERE \"column\" = 'transaction_id'"
IDS_AS_TEXT = "ALTER TABLE {prefix}{table} ALTER COLUMN transaction_id TYPE VARCHAR"
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
READ_AT = f"""
    SELECT id, vehicle_id, type, value, observed::long / 1000, received::long / 1000, source FROM {{prefix}}{EVENTS}
    WHERE vehicle_id IN ({{owners}}) AND observed >= %s AND observed < %s ORDER BY observed, id
"""
METERED_AT = f"""
    SELECT id, charger_id, site_id, time::long / 1000, l1_ma, l2_ma, l3_ma, power_w, energy_wh, transaction_id, fresh
    FROM {{prefix}}{METERED} WHERE site_id IN ({{owners}}) AND time >= %s AND time < %s ORDER BY time, id
"""
FIRST_METERED = f"SELECT min(first_ms) FROM {{prefix}}{METERED_COARSE.tables[HOUR_MS]} WHERE site_id = %s"
NEWEST = f"SELECT max(received)::long / 1000 FROM {{prefix}}{EVENTS} WHERE source = %s"
FORGET_EVENTS = f"ALTER TABLE {{prefix}}{EVENTS} DROP PARTITION WHERE received < %s"
FORGET_METERED = f"ALTER TABLE {{prefix}}{METERED} DROP PARTITION WHERE time < %s"
APPLIED = "SELECT name, sequencerTxn, writerTxn, suspended FROM wal_tables() WHERE name IN ({names})"
