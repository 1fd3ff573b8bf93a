"""What the core asks of a time series: readings and meter values by time. No rule sees it."""

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
    """One value that a reading of a vehicle told: `soc` in %, `range_km` in km. `id` follows from the reading's."""

    id: str
    vehicle_id: str
    type: TelemetryType
    value: float | bool | str
    observed_ms: int
    received_ms: int
    source: ReadingSource


@dataclass(frozen=True, slots=True)
class MeterValue:
    """What a charger measured, under the id of the record that told so; None: it did not say."""

    id: str
    charger_id: str
    site_id: str
    time_ms: int
    current_ma: tuple[int, int, int] | None
    power_w: int | None
    energy_wh: int | None
    transaction_id: int | None
    fresh: bool


class SeriesUnavailable(Exception):
    """The time series can't be reached, or refuse to work; what was to be kept may be kept again."""


class TimeSeries(Protocol):
    """Readings and meter values by time, for as long as they are kept. Times are ms; a range is `from_ms <= t < to_ms`.

    What is kept again under the same id has no second effect. Buckets of a width (ms) are of all values that were kept
    since they came, also where the values themselves are forgotten. Raises `SeriesUnavailable` where there is a server.
    """

    async def consumed(self, topic: str) -> Mapping[int, int]:
        """The last offset of each partition of a topic that was kept (missing: none)."""

    async def write(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        """Keep rows that a topic told, all or none of them, and how far it has been read.

        Whoever sees the position sees the rows: they are there when it is, at the latest. All of it can be read
        when this returns.
        """

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        """The newest values of a vehicle (of one type, or of all) that were observed in a range, the newest first."""

    async def reading_buckets(
        self, width_ms: int, vehicle_id: str, kind: SampledType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[ReadingBucket]:
        """The newest down-sampled values of a vehicle (of one type, or of all) in buckets of a width that begin in a
        range, the newest first.
        """

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        """The meter values of a site's chargers in a range, in order."""

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterBucket]:
        """The down-sampled meter values of a site in buckets of a width that begin in a range."""

    async def first_metered_ms(self, site_id: str) -> int | None:
        """When the oldest meter value of a site was measured that is part of an hour's bucket; None: there is none."""

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        """When the newest reading from a source was received; None where none is kept."""

    async def prune(
        self, *, received_before_ms: int, metered_before_ms: int, buckets_before_ms: Mapping[int, int]
    ) -> None:
        """Forget the readings that were received, and the meter values that were measured, before these times.

        And of each width (ms) the buckets that begin before its time. What is of the same day (UTC) as its time may
        stay until that day is over.
        """
