"""The time series in a SQLite file: the default. If the file is lost, it is written again from the inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Integer, Table, inspect, text

from adapters.database import Database
from adapters.timeseries.down_sampling import METERED, READ, B, Owners, Sampling, sampled
from adapters.timeseries.sqlite_tables import (
    ADD_METER_VALUES,
    ADD_TELEMETRY,
    CONSUME,
    FIRST_METERED,
    FORGET_METER_VALUES,
    FORGET_TELEMETRY,
    METADATA,
    METER_BUCKETS,
    METER_VALUES,
    METERED_AT,
    METERED_COARSE,
    NEWEST,
    POSITIONS,
    READ_AT,
    READ_COARSE,
    READING_BUCKETS_OF,
    TELEMETRY_OF,
    Coarse,
)
from commands.ports.series import MeterValue, TelemetryEvent, TelemetryType
from domain.records.observations import ReadingSource
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import ReadingBucket, SampledType

FILE = "series.sqlite3"

V = TypeVar("V")
_At = Callable[[Connection, Owners, int, int], Sequence[V]]
"""The values of owners in a range, in the order of time."""


class SqliteSeries:
    """`commands.ports.series.TimeSeries` on `series.sqlite3` in a folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, folder: Path) -> SqliteSeries:
        """Open the series of a folder. Missing tables are created."""
        database = Database(f"sqlite:///{folder / FILE}", durable=False)
        database.create(METADATA)
        with database.alone() as connection:
            for table in (METER_VALUES, METER_BUCKETS):
                _ids_as_text(connection, table)
        return cls(database)

    async def consumed(self, topic: str) -> Mapping[int, int]:
        rows = await self._database.read(lambda connection: connection.execute(POSITIONS, {"topic": topic}).all())
        return {row.partition: row.offset for row in rows}

    async def write(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        places = [{"topic": topic, "partition": partition, "offset": offset} for partition, offset in after.items()]
        read = [row for row in rows if isinstance(row, TelemetryEvent)]
        metered = [row for row in rows if isinstance(row, MeterValue)]
        events, values = [asdict(row) for row in read], [asdict(row) for row in metered]

        def work(connection: Connection) -> None:
            for statement, given in ((ADD_TELEMETRY, events), (ADD_METER_VALUES, values), (CONSUME, places)):
                if given:
                    connection.execute(statement, given)
            _refresh(connection, READ, READ_COARSE, sampled(read), _events)
            _refresh(connection, METERED, METERED_COARSE, metered, _values)

        await self._database.write(work)

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        asked = {"vehicle_id": vehicle_id, "kind": kind, "from_ms": from_ms, "to_ms": to_ms, "limit": limit}
        return await self._database.read(
            lambda connection: [TelemetryEvent(**row) for row in connection.execute(TELEMETRY_OF, asked).mappings()]
        )

    async def reading_buckets(
        self, width_ms: int, vehicle_id: str, kind: SampledType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[ReadingBucket]:
        asked = {"vehicle_id": vehicle_id, "kind": kind, "from_ms": from_ms, "to_ms": to_ms, "limit": limit}
        return await self._database.read(
            lambda connection: [
                ReadingBucket(*row) for row in connection.execute(READING_BUCKETS_OF, asked | {"width_ms": width_ms})
            ]
        )

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        return await self._database.read(lambda connection: _values(connection, [site_id], from_ms, to_ms))

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterBucket]:
        return await self._database.read(
            lambda connection: _buckets(connection, METERED_COARSE, width_ms, [site_id], from_ms, to_ms)
        )

    async def first_metered_ms(self, site_id: str) -> int | None:
        return await self._time_ms(FIRST_METERED, site_id=site_id)

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        return await self._time_ms(NEWEST, source=source)

    async def prune(
        self, *, received_before_ms: int, metered_before_ms: int, buckets_before_ms: Mapping[int, int]
    ) -> None:
        def work(connection: Connection) -> None:
            connection.execute(FORGET_TELEMETRY, {"before_ms": received_before_ms})
            connection.execute(FORGET_METER_VALUES, {"before_ms": metered_before_ms})
            for width_ms, before_ms in buckets_before_ms.items():
                for coarse in (READ_COARSE, METERED_COARSE):
                    connection.execute(coarse.forget, {"of_width_ms": width_ms, "before_ms": before_ms})

        await self._database.write(work)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    async def _time_ms(self, query: Executable, **asked: Any) -> int | None:
        return await self._database.read(lambda connection: connection.execute(query, asked).scalar())


def _refresh(
    connection: Connection, sampling: Sampling[V, B], coarse: Coarse[B], new: Sequence[V], values: _At[V]
) -> None:
    fresh = sampling.refreshed(new, partial(values, connection), partial(_buckets, connection, coarse))
    for width_ms, buckets in fresh.items():
        connection.execute(coarse.add, [{**asdict(one), "width_ms": width_ms} for one in buckets])


def _events(connection: Connection, vehicle_ids: Owners, from_ms: int, to_ms: int) -> Sequence[TelemetryEvent]:
    asked = {"owners": vehicle_ids, "from_ms": from_ms, "to_ms": to_ms}
    return [TelemetryEvent(**row) for row in connection.execute(READ_AT, asked).mappings()]


def _values(connection: Connection, site_ids: Owners, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
    asked = {"owners": site_ids, "from_ms": from_ms, "to_ms": to_ms}
    return [_meter_value(*row) for row in connection.execute(METERED_AT, asked)]


def _buckets(
    connection: Connection, coarse: Coarse[B], width_ms: int, owners: Owners, from_ms: int, to_ms: int
) -> Sequence[B]:
    asked = {"width_ms": width_ms, "owners": owners, "from_ms": from_ms, "to_ms": to_ms}
    return [coarse.bucket(*row) for row in connection.execute(coarse.at, asked)]


def _meter_value(
    record_id: str, charger_id: str, site_id: str, time_ms: int, current_ma: tuple[int, int, int] | None, *rest: Any
) -> MeterValue:
    if current_ma is None:
        return MeterValue(record_id, charger_id, site_id, time_ms, None, *rest)
    l1_ma, l2_ma, l3_ma = current_ma
    return MeterValue(record_id, charger_id, site_id, time_ms, (l1_ma, l2_ma, l3_ma), *rest)


def _ids_as_text(connection: Connection, table: Table) -> None:
    """Transactions' ids were numbers in files of earlier versions. SQLite can't change a column's type in place."""
    columns = {column["name"]: column["type"] for column in inspect(connection).get_columns(table.name)}
    if isinstance(columns["transaction_id"], Integer):
        connection.execute(text(f"ALTER TABLE {table.name} RENAME COLUMN transaction_id TO transaction_number"))
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN transaction_id VARCHAR"))
        connection.execute(text(f"UPDATE {table.name} SET transaction_id = CAST(transaction_number AS TEXT)"))
        connection.execute(text(f"ALTER TABLE {table.name} DROP COLUMN transaction_number"))
