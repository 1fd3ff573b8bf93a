"""What vehicles' clouds and drivers say of a vehicle: observations in `vehicles.inputs`."""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Payload, record_type

ReadingSource = Literal["driver", "integration"]
"""`integration`: a vehicle's or fleet's own cloud, by a key of its own; `driver`: anybody who is logged in."""


@record_type("vehicle.reading.v1", "observation")
class Reading(Payload):
    """One reading of a vehicle. None: it did not say, which is not the same as no.

    `observed_ms` is when the source says that it was so; the position, of which only the zone comes here, has a time of
    its own. `enterprise_id` is the enterprise whose integration said it: only that one is believed about its missions.
    """

    vehicle_id: str
    source: ReadingSource
    enterprise_id: str | None
    observed_ms: int
    level_permille: int | None = None
    range_m: int | None = None
    plugged_in: bool | None = None
    mission_active: bool | None = None
    location_zone: str | None = None
    location_observed_ms: int | None = None
