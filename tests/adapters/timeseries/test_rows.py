"""The rows of the time series."""

from __future__ import annotations

import pytest

from adapters.timeseries.rows import meter_values, telemetry_events
from domain.records import input_record
from domain.records.observations import Metered, Reading

NOW_MS = 1_790_000_000_000
YEAR_MS = 365 * 86_400_000


def record(data):
    return input_record("i", "/t", "load:s", NOW_MS, data, actor="t")


@pytest.mark.parametrize(("ahead_ms", "row_ms"), [(YEAR_MS, NOW_MS), (1, NOW_MS), (-YEAR_MS, NOW_MS - YEAR_MS)])
def test_no_row_is_later_than_the_logs_own_clock(ahead_ms, row_ms):
    observed = {"observed_ms": NOW_MS + ahead_ms, "location_observed_ms": NOW_MS + ahead_ms}
    reading = Reading(
        vehicle_id="v", source="integration", enterprise_id=None, level_permille=1, location_zone="z", **observed
    )
    assert {event.observed_ms for event in telemetry_events(record(reading), reading)} == {row_ms}
    metered = Metered(
        charger_id="c",
        evse_id=1,
        transaction_id=None,
        charger_time_ms=NOW_MS + ahead_ms,
        current_ma=None,
        power_w=1,
        energy_wh=None,
        fresh=False,
    )
    assert [value.time_ms for value in meter_values(record(metered), metered)] == [row_ms]
