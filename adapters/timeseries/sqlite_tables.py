"""The tables of the time series in SQLite, and their statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, Generic

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
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

from adapters.timeseries.down_sampling import B
from commands.ports.series import MeterValue
from domain.series.down_sampling import HOUR_MS
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import ReadingBucket

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
    Column("transaction_id", String),
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
    *(Column(name, BigInteger) for name in ("least_w", "greatest_w", "energy_wh")),
    Column("transaction_id", String),
    Column("uniform", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
READING_BUCKETS = Table(
    "reading_buckets",
    METADATA,
    Column("width_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("vehicle_id", String, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("type", String, primary_key=True),
    Column("values", Integer, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("total_milli", "least_milli", "greatest_milli", "last_milli")
    ),
    sqlite_with_rowid=False,
)
CONSUMED = Table(
    "consumed",
    METADATA,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
)


class Coarse(Generic[B]):
    """The statements of the buckets of a kind. `sources`: the columns of a bucket's source."""

    def __init__(self, bucket: type[B], table: Table, sources: tuple[str, str]) -> None:
        owner, source = sources
        self.bucket = bucket
        self.add = insert(table).prefix_with("OR REPLACE")
        self.at = (
            select(*_columns(table, bucket))
            .where(
                table.c.width_ms == bindparam("width_ms"),
                table.c[owner].in_(OWNERS),
                table.c.start_ms >= bindparam("from_ms"),
                table.c.start_ms < bindparam("to_ms"),
            )
            .order_by(table.c.start_ms, table.c[source])
        )
        self.forget = delete(table).where(
            table.c.width_ms == bindparam("of_width_ms"), table.c.start_ms < bindparam("before_ms")
        )


def _columns(table: Table, row: type[Any]) -> Iterator[Column[Any]]:
    return (table.c[field.name] for field in fields(row))


def _of_kind(table: Table) -> ColumnElement[bool]:
    kind = bindparam("kind", type_=String)
    return or_(kind.is_(None), table.c.type == kind)


OWNERS: BindParameter[Sequence[str]] = bindparam("owners", expanding=True)
METERED_COARSE = Coarse(MeterBucket, METER_BUCKETS, ("site_id", "charger_id"))
READ_COARSE = Coarse(ReadingBucket, READING_BUCKETS, ("vehicle_id", "type"))

ADD_TELEMETRY = insert(TELEMETRY).on_conflict_do_nothing()
ADD_METER_VALUES = insert(METER_VALUES).on_conflict_do_nothing()
_CONSUME = insert(CONSUMED)
CONSUME = _CONSUME.on_conflict_do_update(set_={"offset": _CONSUME.excluded.offset})
POSITIONS = select(CONSUMED.c.partition, CONSUMED.c.offset).where(CONSUMED.c.topic == bindparam("topic"))
TELEMETRY_OF = (
    select(TELEMETRY)
    .where(
        TELEMETRY.c.vehicle_id == bindparam("vehicle_id"),
        TELEMETRY.c.observed_ms >= bindparam("from_ms"),
        TELEMETRY.c.observed_ms < bindparam("to_ms"),
        _of_kind(TELEMETRY),
    )
    .order_by(TELEMETRY.c.observed_ms.desc(), TELEMETRY.c.id.desc())
    .limit(bindparam("limit"))
)
READ_AT = (
    select(TELEMETRY)
    .where(
        TELEMETRY.c.vehicle_id.in_(OWNERS),
        TELEMETRY.c.observed_ms >= bindparam("from_ms"),
        TELEMETRY.c.observed_ms < bindparam("to_ms"),
    )
    .order_by(TELEMETRY.c.observed_ms, TELEMETRY.c.id)
)
READING_BUCKETS_OF = (
    select(*_columns(READING_BUCKETS, ReadingBucket))
    .where(
        READING_BUCKETS.c.width_ms == bindparam("width_ms"),
        READING_BUCKETS.c.vehicle_id == bindparam("vehicle_id"),
        READING_BUCKETS.c.start_ms >= bindparam("from_ms"),
        READING_BUCKETS.c.start_ms < bindparam("to_ms"),
        _of_kind(READING_BUCKETS),
    )
    .order_by(READING_BUCKETS.c.start_ms.desc(), READING_BUCKETS.c.type)
    .limit(bindparam("limit"))
)
METERED_AT = (
    select(*_columns(METER_VALUES, MeterValue))
    .where(
        METER_VALUES.c.site_id.in_(OWNERS),
        METER_VALUES.c.time_ms >= bindparam("from_ms"),
        METER_VALUES.c.time_ms < bindparam("to_ms"),
    )
    .order_by(METER_VALUES.c.time_ms, METER_VALUES.c.id)
)
FIRST_METERED = select(func.min(METER_BUCKETS.c.first_ms)).where(
    METER_BUCKETS.c.width_ms == HOUR_MS, METER_BUCKETS.c.site_id == bindparam("site_id")
)
NEWEST = select(func.max(TELEMETRY.c.received_ms)).where(TELEMETRY.c.source == bindparam("source"))
FORGET_TELEMETRY = delete(TELEMETRY).where(TELEMETRY.c.received_ms < bindparam("before_ms"))
FORGET_METER_VALUES = delete(METER_VALUES).where(METER_VALUES.c.time_ms < bindparam("before_ms"))
