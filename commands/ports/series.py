"""The port of the time series: readings of vehicles and meter values, by time. No rule uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from domain.records.observations import ReadingSource
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import ReadingBucket, SampledType

TelemetryType = Literal["soc", "range_km", "plugged_in", "mission_active", "location_zone"]


@dataclass(frozen=True, slots=True)
class TelemetryEvent:
    """One value of a reading of a vehicle: `soc` in %, `range_km` in km. `id` is derived from that of the reading."""

    id: str
    vehicle_id: str
    type: TelemetryType
    value: float | bool | str
    observed_ms: int
    received_ms: int
    source: ReadingSource


@dataclass(frozen=True, slots=True)
class MeterValue:
    """A measurement of a charger, under the id of its record. None: the charger did not report this quantity."""

    id: str
    charger_id: str
    site_id: str
    time_ms: int
    current_ma: tuple[int, int, int] | None
    power_w: int | None
    energy_wh: int | None
    transaction_id: str | None
    fresh: bool


class SeriesUnavailable(Exception):
    """The time series can't be reached, or do not work. Writing may be repeated."""


class TimeSeries(Protocol):
    """Readings and meter values by time, for their retention. Times are in ms; a range is `from_ms <= t < to_ms`.

    Writing a value again under the same id has no second effect. Buckets of a width (ms) cover all values that were
    written, also those that are pruned by now. On a server every method raises `SeriesUnavailable`.
    """

    async def consumed(self, topic: str) -> Mapping[int, int]:
        """The last offset of a topic whose rows are written, by partition (missing: none)."""

    async def write(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        """Write rows that were read from a topic, and how far it was read: all or none.

        The rows can be read as soon as the position can, and both can be read when this returns.
        """

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        """The newest values of a vehicle (of one type or of all) that were observed in a range, newest first."""

    async def reading_buckets(
        self, width_ms: int, vehicle_id: str, kind: SampledType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[ReadingBucket]:
        """The newest buckets of a vehicle's values (of one type or of all) that begin in a range, newest first."""

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        """The meter values of a site's chargers in a range, in the order of time."""

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterBucket]:
        """The buckets of a site's meter values that begin in a range."""

    async def first_metered_ms(self, site_id: str) -> int | None:
        """The time of the oldest meter value of a site that is part of an hour's bucket; None: there is none."""

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        """The time at which the newest reading from a source was received; None: there is none."""

    async def prune(
        self, *, received_before_ms: int, metered_before_ms: int, buckets_before_ms: Mapping[int, int]
    ) -> None:
        """Delete readings received, and meter values measured, before these times.

        Of each width (ms), delete the buckets that begin before its time. What is of the same day (UTC) as the time may
        stay until that day is over.
        """
