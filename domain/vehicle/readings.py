"""Which readings of a vehicle are believed, and for how long.

Only an integration (a vehicle's or a fleet's own cloud) is: what a driver says of her car proves nothing, and must not
hide what an integration said before. Of a mission only the vehicle's own enterprise is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.errors import DomainError
from domain.records import Record
from domain.records.observations import Reading

RULE = "readings.believed.v1"
FRESH_MS = 5 * 60_000
"""What was observed longer ago is unknown."""
AHEAD_MS = 120_000
"""By how much a source's clock may be ahead of ours."""

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Observed(Generic[V]):
    """What an integration observed, when (by its own word), and when we heard of it."""

    value: V
    observed_ms: int
    received_ms: int

    def age_ms(self, now_ms: int) -> int:
        return max(0, now_ms - self.observed_ms)


@dataclass(frozen=True, slots=True)
class Readings:
    """The newest believed observation of each kind; None: unknown. Working state: after a loss all is unknown."""

    level_permille: Observed[int] | None = None
    range_m: Observed[int] | None = None
    plugged_in: Observed[bool] | None = None
    mission_active: Observed[bool] | None = None
    location_zone: Observed[str] | None = None


def observe(readings: Readings, given: Record, enterprise_id: str | None) -> Readings:
    """The readings after an input of a vehicle of this enterprise. Raises `DomainError` for a reading that can't be."""
    if isinstance(given.data, Reading):
        return with_reading(readings, given.data, enterprise_id, given.time)
    return readings


def with_reading(readings: Readings, told: Reading, enterprise_id: str | None, now_ms: int) -> Readings:
    """What is known after a reading of a vehicle of this enterprise. For each kind, time only moves forward.

    Raises `DomainError` where the reading can't be true: of the future, or a level outside 0 % to 100 %.
    """
    _check(told, now_ms)
    if told.source != "integration":
        return readings
    located_ms = told.observed_ms if told.location_observed_ms is None else told.location_observed_ms
    of_own_fleet = enterprise_id is not None and told.enterprise_id == enterprise_id
    mission_active = told.mission_active if of_own_fleet else None
    return Readings(
        level_permille=_newer(readings.level_permille, told.level_permille, told.observed_ms, now_ms),
        range_m=_newer(readings.range_m, told.range_m, told.observed_ms, now_ms),
        plugged_in=_newer(readings.plugged_in, told.plugged_in, told.observed_ms, now_ms),
        mission_active=_newer(readings.mission_active, mission_active, told.observed_ms, now_ms),
        location_zone=_newer(readings.location_zone, told.location_zone, located_ms, now_ms),
    )


def fresh(known: Observed[V] | None, now_ms: int) -> Observed[V] | None:
    """An observation that still counts, or None."""
    return known if known is not None and known.age_ms(now_ms) <= FRESH_MS else None


def _newer(known: Observed[V] | None, value: V | None, observed_ms: int, now_ms: int) -> Observed[V] | None:
    if value is None or (known is not None and observed_ms <= known.observed_ms):
        return known
    return Observed(value, observed_ms, now_ms)


def _check(told: Reading, now_ms: int) -> None:
    if told.observed_ms > now_ms + AHEAD_MS:
        raise DomainError("it was observed in the future", field="observed_at", rule=RULE)
    if told.location_observed_ms is not None and told.location_observed_ms > now_ms + AHEAD_MS:
        raise DomainError("the location was observed in the future", field="location_observed_at", rule=RULE)
    if told.level_permille is not None and not 0 <= told.level_permille <= 1000:
        raise DomainError("the charge level must lie in 0 % to 100 %", field="soc", rule=RULE)
