"""The time series in one SQLite file: the default, for one machine. Lost, it is filled again from the log's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
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
from commands.ports import MeterValue, TelemetryEvent, TelemetryType
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
CONSUMED = Table(
    "consumed",
    METADATA,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
)

ADD_TELEMETRY = insert(TELEMETRY).on_conflict_do_nothing()
ADD_METER_VALUES = insert(METER_VALUES).on_conflict_do_nothing()
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
FIRST_METERED = select(func.min(METER_VALUES.c.time_ms)).where(METER_VALUES.c.site_id == bindparam("site_id"))
NEWEST = select(func.max(TELEMETRY.c.received_ms)).where(TELEMETRY.c.source == bindparam("source"))
FORGET_TELEMETRY = delete(TELEMETRY).where(TELEMETRY.c.received_ms < bindparam("before_ms"))
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
        metered = [asdict(row) for row in rows if isinstance(row, MeterValue)]

        def work(connection: Connection) -> None:
            for statement, given in ((ADD_TELEMETRY, events), (ADD_METER_VALUES, metered), (CONSUME, places)):
                if given:
                    connection.execute(statement, given)

        await self._database.write(work)

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        asked = {"vehicle_id": vehicle_id, "kind": kind, "from_ms": from_ms, "to_ms": to_ms, "limit": limit}
        return await self._database.read(
            lambda connection: [TelemetryEvent(**row) for row in connection.execute(TELEMETRY_OF, asked).mappings()]
        )

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        asked = {"site_id": site_id, "from_ms": from_ms, "to_ms": to_ms}
        return await self._database.read(
            lambda connection: [_meter_value(*row) for row in connection.execute(METERED, asked)]
        )

    async def first_metered_ms(self, site_id: str) -> int | None:
        return await self._time_ms(FIRST_METERED, site_id=site_id)

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        return await self._time_ms(NEWEST, source=source)

    async def prune(self, *, received_before_ms: int, metered_before_ms: int) -> None:
        def work(connection: Connection) -> None:
            connection.execute(FORGET_TELEMETRY, {"before_ms": received_before_ms})
            connection.execute(FORGET_METER_VALUES, {"before_ms": metered_before_ms})

        await self._database.write(work)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    async def _time_ms(self, query: Executable, **asked: Any) -> int | None:
        return await self._database.read(lambda connection: connection.execute(query, asked).scalar())


def _meter_value(
    record_id: str, charger_id: str, site_id: str, time_ms: int, current_ma: Sequence[int] | None, *rest: Any
) -> MeterValue:
    phases_ma = None if current_ma is None else tuple(current_ma)
    return MeterValue(record_id, charger_id, site_id, time_ms, phases_ma, *rest)
