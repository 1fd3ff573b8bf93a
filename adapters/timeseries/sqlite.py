"""The time series in one SQLite file: the default, for one machine. Lost, it is filled again from the log's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Executable,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from adapters.database import Database
from adapters.timeseries.down_sampling import refreshed
from commands.ports import MeterValue, TelemetryEvent, TelemetryType
from domain.down_sampling import HOUR_MS, Bucket
from domain.records.readings import ReadingSource

FILE = "series.sqlite3"

METADATA = MetaData()
TELEMETRY = Table(
    "telemetry_events",
    METADATA,
    Column("vehicle_id", String, primary_key=True),
    Column("observed_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("value", JSON, nullable=False),
    Column("received_ms", BigInteger, nullable=False, index=True),
    Column("source", String, nullable=False),
    Index("telemetry_events_of_source", "source", "received_ms"),
    sqlite_with_rowid=False,
)
METER_VALUES = Table(
    "meter_values",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("time_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("charger_id", String, nullable=False),
    Column("current_ma", JSON),
    Column("power_w", Integer),
    Column("energy_wh", BigInteger),
    Column("transaction_id", BigInteger),
    Column("fresh", Boolean, nullable=False),
    Index("meter_values_by_time", "time_ms"),
    sqlite_with_rowid=False,
)
METER_BUCKETS = Table(
    "meter_buckets",
    METADATA,
    Column("width_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", String, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("charger_id", String, primary_key=True),
    Column("values", Integer, nullable=False),
    Column("first_ms", BigInteger),
    *(Column(name, BigInteger, nullable=False) for name in ("drawn_w_ms", "held_ms", "drawn_ma_ms", "current_held_ms")),
    *(Column(name, BigInteger) for name in ("least_w", "greatest_w", "energy_wh", "transaction_id")),
    Column("uniform", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
CONSUMED = Table(
    "consumed",
    METADATA,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
)

ADD_TELEMETRY = insert(TELEMETRY).on_conflict_do_nothing()
ADD_METER_VALUES = insert(METER_VALUES).on_conflict_do_nothing()
ADD_METER_BUCKETS = insert(METER_BUCKETS).prefix_with("OR REPLACE")
_CONSUME = insert(CONSUMED)
CONSUME = _CONSUME.on_conflict_do_update(set_={"offset": _CONSUME.excluded.offset})
POSITIONS = select(CONSUMED.c["partition", "offset"]).where(CONSUMED.c.topic == bindparam("topic"))
TELEMETRY_OF = (
    select(TELEMETRY)
    .where(
        TELEMETRY.c.vehicle_id == bindparam("vehicle_id"),
        TELEMETRY.c.observed_ms >= bindparam("from_ms"),
        TELEMETRY.c.observed_ms < bindparam("to_ms"),
        or_(bindparam("kind", type_=String).is_(None), TELEMETRY.c.type == bindparam("kind", type_=String)),
    )
    .order_by(TELEMETRY.c.observed_ms.desc(), TELEMETRY.c.id.desc())
    .limit(bindparam("limit"))
)
METERED = (
    select(*(METER_VALUES.c[field.name] for field in fields(MeterValue)))
    .where(
        METER_VALUES.c.site_id == bindparam("site_id"),
        METER_VALUES.c.time_ms >= bindparam("from_ms"),
        METER_VALUES.c.time_ms < bindparam("to_ms"),
    )
    .order_by(METER_VALUES.c.time_ms, METER_VALUES.c.id)
)
BUCKETS = (
    select(*(METER_BUCKETS.c[field.name] for field in fields(Bucket)))
    .where(
        METER_BUCKETS.c.width_ms == bindparam("width_ms"),
        METER_BUCKETS.c.site_id == bindparam("site_id"),
        METER_BUCKETS.c.start_ms >= bindparam("from_ms"),
        METER_BUCKETS.c.start_ms < bindparam("to_ms"),
    )
    .order_by(METER_BUCKETS.c.start_ms, METER_BUCKETS.c.charger_id)
)
FIRST_METERED = select(func.min(METER_BUCKETS.c.first_ms)).where(
    METER_BUCKETS.c.width_ms == HOUR_MS, METER_BUCKETS.c.site_id == bindparam("site_id")
)
NEWEST = select(func.max(TELEMETRY.c.received_ms)).where(TELEMETRY.c.source == bindparam("source"))
FORGET_TELEMETRY = delete(TELEMETRY).where(TELEMETRY.c.received_ms < bindparam("before_ms"))
FORGET_BUCKETS = delete(METER_BUCKETS).where(
    METER_BUCKETS.c.width_ms == bindparam("of_width_ms"), METER_BUCKETS.c.start_ms < bindparam("before_ms")
)
FORGET_METER_VALUES = delete(METER_VALUES).where(METER_VALUES.c.time_ms < bindparam("before_ms"))


class SqliteSeries:
    """`commands.ports.TimeSeries` on `series.sqlite3` in a folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, folder: Path) -> SqliteSeries:
        """Open the series of a folder; they are made where there are none."""
        database = Database(f"sqlite:///{folder / FILE}", durable=False)
        database.create(METADATA)
        return cls(database)

    async def consumed(self, topic: str) -> Mapping[int, int]:
        rows = await self._database.read(lambda connection: connection.execute(POSITIONS, {"topic": topic}).all())
        return {row.partition: row.offset for row in rows}

    async def keep(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        places = [{"topic": topic, "partition": partition, "offset": offset} for partition, offset in after.items()]
        events = [asdict(row) for row in rows if isinstance(row, TelemetryEvent)]
        metered = [row for row in rows if isinstance(row, MeterValue)]

        def work(connection: Connection) -> None:
            values = [asdict(row) for row in metered]
            for statement, given in ((ADD_TELEMETRY, events), (ADD_METER_VALUES, values), (CONSUME, places)):
                if given:
                    connection.execute(statement, given)
            for width_ms, buckets in refreshed(
                metered, partial(_values, connection), partial(_buckets, connection)
            ).items():
                connection.execute(ADD_METER_BUCKETS, [{**asdict(one), "width_ms": width_ms} for one in buckets])

        await self._database.write(work)

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        asked = {"vehicle_id": vehicle_id, "kind": kind, "from_ms": from_ms, "to_ms": to_ms, "limit": limit}
        return await self._database.read(
            lambda connection: [TelemetryEvent(**row) for row in connection.execute(TELEMETRY_OF, asked).mappings()]
        )

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        return await self._database.read(lambda connection: _values(connection, site_id, from_ms, to_ms))

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[Bucket]:
        return await self._database.read(lambda connection: _buckets(connection, width_ms, site_id, from_ms, to_ms))

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
                connection.execute(FORGET_BUCKETS, {"of_width_ms": width_ms, "before_ms": before_ms})

        await self._database.write(work)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    async def _time_ms(self, query: Executable, **asked: Any) -> int | None:
        return await self._database.read(lambda connection: connection.execute(query, asked).scalar())


def _values(connection: Connection, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
    asked = {"site_id": site_id, "from_ms": from_ms, "to_ms": to_ms}
    return [_meter_value(*row) for row in connection.execute(METERED, asked)]


def _buckets(connection: Connection, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[Bucket]:
    asked = {"width_ms": width_ms, "site_id": site_id, "from_ms": from_ms, "to_ms": to_ms}
    return [Bucket(*row) for row in connection.execute(BUCKETS, asked)]


def _meter_value(
    record_id: str, charger_id: str, site_id: str, time_ms: int, current_ma: Sequence[int] | None, *rest: Any
) -> MeterValue:
    phases_ma = None if current_ma is None else tuple(current_ma)
    return MeterValue(record_id, charger_id, site_id, time_ms, phases_ma, *rest)
