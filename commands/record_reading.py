"""A vehicle's cloud or its driver reports a reading. A position becomes a zone here: it never enters the log."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from commands.quantities import Instant, Kilometres, Latitude, Longitude, Percent, round_nearest
from commands.register_site import Zone
from commands.request import Request
from domain.errors import DomainError
from domain.records.observations import Reading, ReadingSource
from domain.vehicle.readings import AHEAD_MS
from domain.vehicle.zone import zone_of

RULE = "reading.v1"
YesOrNo = Annotated[bool, Field(strict=True)]


class PositionRequest(Request):
    """A position in degrees (WGS 84). Only its zone, a geohash of five characters, is stored."""

    lat: Latitude
    lon: Longitude
    observed_at: Instant | None = None
    """When the position was observed, where that is not the time of the reading."""


class ReadingRequest(Request):
    """A reading of a vehicle. Values that are not known are left out; at least one is needed."""

    field_names: ClassVar[dict[str, str]] = {
        "observed_ms": "observed_at",
        "level_permille": "soc",
        "range_m": "range_km",
        "location_observed_ms": "gps.observed_at",
    }

    observed_at: Instant
    soc: Percent | None = None
    """The charge level in %."""
    range_km: Kilometres | None = None
    plugged_in: YesOrNo | None = None
    mission_active: YesOrNo | None = None
    """Whether the vehicle is on a mission."""
    gps: PositionRequest | None = None
    location_zone: Zone | None = None
    """In place of `gps`: a geohash of five characters, or the zone of a site."""

    @field_validator("location_zone")
    @classmethod
    def _has_one_place(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone is not None and info.data.get("gps") is not None:
            raise ValueError("must be left out where gps is given")
        return zone

    @model_validator(mode="after")
    def _has_a_value(self) -> ReadingRequest:
        values = (self.soc, self.range_km, self.plugged_in, self.mission_active, self.gps, self.location_zone)
        if all(value is None for value in values):
            raise ValueError("must hold soc, range_km, plugged_in, mission_active, gps or location_zone")
        return self

    def reading(self, vehicle_id: str, source: ReadingSource, enterprise_id: str | None, now_ms: int) -> Reading:
        """The reading as a record. Raises `DomainError` for a time more than `AHEAD_MS` ahead of now."""
        _not_ahead(self.observed_at, "observed_at", now_ms)
        if self.gps is not None and self.gps.observed_at is not None:
            _not_ahead(self.gps.observed_at, "gps.observed_at", now_ms)
        return Reading(
            vehicle_id=vehicle_id,
            source=source,
            enterprise_id=enterprise_id,
            observed_ms=self.observed_at,
            level_permille=None if self.soc is None else round_nearest(self.soc, 10),
            range_m=None if self.range_km is None else round_nearest(self.range_km, 1000),
            plugged_in=self.plugged_in,
            mission_active=self.mission_active,
            location_zone=self.location_zone if self.gps is None else zone_of(self.gps.lat, self.gps.lon),
            location_observed_ms=None if self.gps is None else self.gps.observed_at,
        )


def _not_ahead(observed_ms: int, field: str, now_ms: int) -> None:
    if observed_ms > now_ms + AHEAD_MS:
        reason = f"must not lie more than {AHEAD_MS // 1000} s ahead of the server's clock"
        raise DomainError(reason, field=field, rule=RULE)
