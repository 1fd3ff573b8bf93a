"""The rows of the time series of an input."""

from __future__ import annotations

from collections.abc import Sequence

from commands.ports.series import MeterValue, TelemetryEvent, TelemetryType
from domain.electrical.outlet_id import evse_of
from domain.records import Record, derived_id
from domain.records.observations import Metered, Reading

Value = float | bool | str


def telemetry_events(record: Record, reading: Reading) -> Sequence[TelemetryEvent]:
    """One event for each value of a reading, whether or not the rules accept it; none is later than our time."""
    zone_ms = reading.location_observed_ms
    values: list[tuple[TelemetryType, Value | None, int]] = [
        ("soc", _part(reading.level_permille, 10), reading.observed_ms),
        ("range_km", _part(reading.range_m, 1000), reading.observed_ms),
        ("plugged_in", reading.plugged_in, reading.observed_ms),
        ("mission_active", reading.mission_active, reading.observed_ms),
        ("location_zone", reading.location_zone, reading.observed_ms if zone_ms is None else zone_ms),
    ]
    return [
        TelemetryEvent(
            id=derived_id(record.id, kind),
            vehicle_id=reading.vehicle_id,
            type=kind,
            value=value,
            observed_ms=min(observed_ms, record.time),
            received_ms=record.time,
            source=reading.source,
        )
        for kind, value, observed_ms in values
        if value is not None
    ]


def _part(amount: int | None, of: int) -> float | None:
    return None if amount is None else amount / of


def meter_values(record: Record, metered: Metered) -> Sequence[MeterValue]:
    """The meter value of a record, at our time. A delayed one is at the charger's time, but never after ours.

    None for what the meter of the whole charger reports (connector 0): it is no outlet's.
    """
    if metered.evse_id != evse_of(metered.charger_id):
        return []
    value = MeterValue(
        id=record.id,
        charger_id=metered.charger_id,
        site_id=record.stream.partition(":")[2],
        time_ms=record.time if metered.fresh else min(metered.charger_time_ms, record.time),
        current_ma=metered.current_ma,
        power_w=metered.power_w,
        energy_wh=metered.energy_wh,
        transaction_id=metered.transaction_id,
        fresh=metered.fresh,
    )
    return [value]
