"""The readings of a vehicle that are believed, and for how long.

Only an integration (a vehicle's or a fleet's own cloud) is: what a driver reports proves nothing, and must not hide
what an integration reported before. Of a mission only the vehicle's own enterprise is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.errors import DomainError
from domain.records import Record
from domain.records.observations import Reading
from domain.vehicle.level import is_possible

RULE = "readings.believed.v1"
FRESH_MS = 5 * 60_000
"""An observation that is older counts as unknown."""
AHEAD_MS = 120_000
"""By how much a source's clock may be ahead of ours."""

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Observed(Generic[V]):
    """What an integration observed, when (by its own clock), and when it was received."""

    value: V
    observed_ms: int
    received_ms: int

    def age_ms(self, now_ms: int) -> int:
        return max(0, now_ms - self.observed_ms)


@dataclass(frozen=True, slots=True)
class Readings:
    """The newest believed observation of each kind; None: unknown, as all are after a loss of observations.

    `soc_doubted`: a level that the car can't have come to since the believed one, until another reading agrees.
    """

    soc_permille: Observed[int] | None = None
    range_m: Observed[int] | None = None
    plugged_in: Observed[bool] | None = None
    mission_active: Observed[bool] | None = None
    location_zone: Observed[str] | None = None
    soc_doubted: Observed[int] | None = None

    @property
    def soc_proven(self) -> Observed[int] | None:
        """The charge level that proves something: of two that contradict each other neither does."""
        return self.soc_permille if self.soc_doubted is None else None


def observe(readings: Readings, given: Record, enterprise_id: str | None, battery_wh: int | None = None) -> Readings:
    """The readings after an input of a vehicle of this enterprise. Raises `DomainError` for a reading that can't be."""
    if isinstance(given.data, Reading):
        return with_reading(readings, given.data, enterprise_id, given.time, battery_wh)
    return readings


def with_reading(
    readings: Readings, reading: Reading, enterprise_id: str | None, now_ms: int, battery_wh: int | None = None
) -> Readings:
    """The readings after another one of a vehicle of this enterprise. For each kind, time only moves forward.

    Raises `DomainError` where the reading can't be true: of the future, or a level outside 0 % to 100 %.
    """
    _check(reading, now_ms)
    if reading.source != "integration":
        return readings
    located_ms = reading.observed_ms if reading.location_observed_ms is None else reading.location_observed_ms
    of_own_fleet = enterprise_id is not None and reading.enterprise_id == enterprise_id
    mission_active = reading.mission_active if of_own_fleet else None
    soc, soc_doubted = _level(readings, reading, now_ms, battery_wh)
    return Readings(
        soc_permille=soc,
        soc_doubted=soc_doubted,
        range_m=_newer(readings.range_m, reading.range_m, reading.observed_ms, now_ms),
        plugged_in=_newer(readings.plugged_in, reading.plugged_in, reading.observed_ms, now_ms),
        mission_active=_newer(readings.mission_active, mission_active, reading.observed_ms, now_ms),
        location_zone=_newer(readings.location_zone, reading.location_zone, located_ms, now_ms),
    )


def _level(
    readings: Readings, reading: Reading, now_ms: int, battery_wh: int | None
) -> tuple[Observed[int] | None, Observed[int] | None]:
    """The believed level and the doubted one. A jump is believed once a second reading agrees with it."""
    believed, doubted = readings.soc_permille, readings.soc_doubted
    newest_ms = max((one.observed_ms for one in (believed, doubted) if one is not None), default=None)
    level, observed_ms = reading.level_permille, reading.observed_ms
    if level is None or (newest_ms is not None and observed_ms <= newest_ms):
        return believed, doubted
    observed = Observed(level, observed_ms, now_ms)
    for known in (believed, doubted):
        if known is not None and is_possible(known.value, level, observed_ms - known.observed_ms, battery_wh):
            return observed, None
    return (observed, None) if believed is None else (believed, observed)


def fresh(known: Observed[V] | None, now_ms: int) -> Observed[V] | None:
    """An observation that still counts, or None."""
    return known if known is not None and known.age_ms(now_ms) <= FRESH_MS else None


def _newer(known: Observed[V] | None, value: V | None, observed_ms: int, now_ms: int) -> Observed[V] | None:
    if value is None or (known is not None and observed_ms <= known.observed_ms):
        return known
    return Observed(value, observed_ms, now_ms)


def _check(reading: Reading, now_ms: int) -> None:
    if reading.observed_ms > now_ms + AHEAD_MS:
        raise DomainError("it was observed in the future", field="observed_at", rule=RULE)
    if reading.location_observed_ms is not None and reading.location_observed_ms > now_ms + AHEAD_MS:
        raise DomainError("the location was observed in the future", field="location_observed_at", rule=RULE)
    if reading.level_permille is not None and not 0 <= reading.level_permille <= 1000:
        raise DomainError("the charge level must lie in 0 % to 100 %", field="soc", rule=RULE)
