"""Readings of vehicles in buckets of a minute, a quarter of an hour and an hour.

A reading is true at the time of its observation and has no duration: each counts the same in the mean. Amounts are
thousandths of the type's unit (% or km; yes is 1000 and no is 0), so that whatever order they come in adds up the same.
Zones are not among them: where a vehicle was is forgotten together with the reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast, get_args

from domain.series.down_sampling import MINUTE_MS, Source

SampledType = Literal["soc", "range_km", "plugged_in", "mission_active"]
SAMPLED_TYPES: tuple[SampledType, ...] = get_args(SampledType)


class Told(Protocol):
    """The fields of a reading that are summarised."""

    @property
    def observed_ms(self) -> int: ...
    @property
    def value(self) -> float | bool | str: ...


@dataclass(frozen=True, slots=True)
class ReadingBucket:
    """The summary of a vehicle's readings that were observed from `start_ms` on (ms UTC)."""

    vehicle_id: str
    type: SampledType
    start_ms: int
    values: int
    total_milli: int
    least_milli: int
    greatest_milli: int
    last_milli: int

    @property
    def mean_milli(self) -> int:
        return round(self.total_milli / self.values)


def minute(source: Source, start_ms: int, values: Sequence[Told]) -> ReadingBucket | None:
    """The bucket of a minute from a source's values in it, in order; None: there is none.

    `source`: vehicle and type.
    """
    vehicle_id, kind = source
    milli = [round(float(one.value) * 1000) for one in values if start_ms <= one.observed_ms < start_ms + MINUTE_MS]
    if not milli:
        return None
    return ReadingBucket(
        vehicle_id=vehicle_id,
        type=cast(SampledType, kind),
        start_ms=start_ms,
        values=len(milli),
        total_milli=sum(milli),
        least_milli=min(milli),
        greatest_milli=max(milli),
        last_milli=milli[-1],
    )


def merged(start_ms: int, finer: Sequence[ReadingBucket]) -> ReadingBucket:
    """The coarser bucket of finer ones of a source, in order; there is at least one."""
    return ReadingBucket(
        vehicle_id=finer[0].vehicle_id,
        type=finer[0].type,
        start_ms=start_ms,
        values=sum(one.values for one in finer),
        total_milli=sum(one.total_milli for one in finer),
        least_milli=min(one.least_milli for one in finer),
        greatest_milli=max(one.greatest_milli for one in finer),
        last_milli=finer[-1].last_milli,
    )
