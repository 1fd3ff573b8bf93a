"""The sources of the time series: which inputs become rows, and how a page of inputs is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.timeseries.rows import meter_values, telemetry_events
from commands.log.codec import decode
from commands.log.record_header import read_header
from commands.log.topics import inputs
from commands.ports.log import Stored
from commands.ports.series import MeterValue, TelemetryEvent, TimeSeries
from domain.records import Payload, Record
from domain.records.observations import Metered, Reading

Rows = Sequence[TelemetryEvent] | Sequence[MeterValue]


@dataclass(frozen=True, slots=True)
class SeriesSource:
    """A type of inputs, and the rows of a record of this type."""

    topic: str
    type: type[Payload]
    rows: Callable[[Record, Any], Rows]

    def rows_of(self, stored: Stored) -> Rows:
        """The rows of an input; none if it is of another type. Raises `LogDamaged` if it can't be read."""
        if read_header(stored.body).type != self.type.type_name:
            return ()
        record = decode(stored.body)
        return self.rows(record, record.data)


SOURCES = (
    SeriesSource(inputs("vehicles"), Reading, telemetry_events),
    SeriesSource(inputs("load"), Metered, meter_values),
)


async def write_page(series: TimeSeries, topic: str, page: Sequence[Stored], rows: Sequence[Any]) -> None:
    """Write the rows of a page. One without rows is skipped: reading it again costs less than storing its position."""
    if rows:
        await series.write(topic, positions(page), rows)


def positions(page: Sequence[Stored]) -> Mapping[int, int]:
    """The last offset of a page, by partition."""
    return {stored.position.partition: stored.position.offset for stored in page}
