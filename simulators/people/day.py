"""A real day at a garage, with synthetic cars.

Arrivals, departures and energies are measured (`data/README.md`). A seeded, synthetic overlay adds what the data
lacks: battery, level at arrival, target, and the reaction time of a car. Several garages repeat each visit, each with
another car, which comes and goes up to an hour later.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

DATA = Path(__file__).parents[1] / "data" / "caltech-2019-03.csv"
ZONE = ZoneInfo("America/Los_Angeles")
PERIOD_0 = datetime(2019, 3, 1, tzinfo=ZONE).astimezone(UTC)
PERIOD = timedelta(minutes=5)
MAX_CURRENT_A = 32.0
"""The data's chargers gave at most 6.6 kW: 32 A at 208 V. No synthetic car takes less, so a bound stays fair."""

LATER_MS = 3_600_000

_NOMINAL_KWH = (42, 52, 60, 64, 75, 82, 100)
_TARGETS_PERMILLE = (700, 800, 800, 800, 800, 850, 850, 900, 900, 950)
_LOWEST_LEVEL_PERMILLE = 50


@dataclass(frozen=True, slots=True)
class Visit:
    """A car that comes, wants energy and goes."""

    id: str
    arrival_ms: int
    departure_ms: int
    battery_kwh: float
    level_permille: int
    target_permille: int
    reaction_s: float
    max_current_a: float = MAX_CURRENT_A

    @property
    def need_kwh(self) -> float:
        return (self.target_permille - self.level_permille) * self.battery_kwh / 1000


def visits(day: date, seed: int, garages: int = 1, path: Path = DATA) -> list[Visit]:
    """The visits that began on this day (US/Pacific), in the order of arrival."""
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if _period_start(int(row["arrival_period"])).date() == day]
    found = [_visit(row, f"{seed}") for row in rows]
    found += [_another(row, f"{seed}:garage {number}") for number in range(2, garages + 1) for row in rows]
    return sorted(found, key=lambda visit: (visit.arrival_ms, visit.id))


def local_ms(day: date, hour: int) -> int:
    """ms since 1970 of an hour of this day at the garage."""
    return _ms(datetime(day.year, day.month, day.day, hour, tzinfo=ZONE))


def _another(row: dict[str, str], seed: str) -> Visit:
    visit = _visit(row, seed)
    later_ms = Random(f"{seed}:{visit.id}:later").randrange(LATER_MS)
    return replace(
        visit,
        id=f"{seed}:{visit.id}",
        arrival_ms=visit.arrival_ms + later_ms,
        departure_ms=visit.departure_ms + later_ms,
    )


def _visit(row: dict[str, str], seed: str) -> Visit:
    random = Random(f"{seed}:{row['session_id']}")
    requested_kwh = float(row["requested_kwh"])
    target_permille = random.choice(_TARGETS_PERMILLE)
    most_permille = target_permille - _LOWEST_LEVEL_PERMILLE
    nominal_kwh = random.choice([kwh for kwh in _NOMINAL_KWH if kwh * most_permille / 1000 > requested_kwh])
    need_permille = max(1, round(1000 * requested_kwh / nominal_kwh))
    return Visit(
        id=row["session_id"],
        arrival_ms=_ms(datetime.fromisoformat(row["session_id"].rsplit("_", 1)[1]).replace(tzinfo=UTC)),
        departure_ms=_ms(_period_start(int(row["departure_period"]))),
        # Worn by a few percent, such that a need in whole permille is what was requested.
        battery_kwh=round(1000 * requested_kwh / need_permille, 2),
        level_permille=target_permille - need_permille,
        target_permille=target_permille,
        reaction_s=round(random.uniform(0.5, 5.0), 1),
    )


def _period_start(period: int) -> datetime:
    return (PERIOD_0 + period * PERIOD).astimezone(ZONE)


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
