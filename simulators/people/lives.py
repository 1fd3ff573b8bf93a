"""The record of one visit of a car, as the world saw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulators.time.virtual_time import rfc3339

Interval = tuple[int, int]


@dataclass(slots=True, eq=False)
class Life:
    """Times in ms since 1970. `phase` is where the driver is in it: away, waiting, coming, plugged, gone.

    `unit` names a vehicle with priority; `powered_ms` is when current first flowed.
    """

    visit: str
    arrival_ms: int
    departure_ms: int
    requested_kwh: float
    phase: str = "away"
    session: str | None = None
    charger: str | None = None
    offers: int = 0
    snoozes: int = 0
    assigned_ms: int | None = None
    plugged_ms: int | None = None
    powered_ms: int | None = None
    unit: str | None = None
    charging: list[Interval] = field(default_factory=list)
    paused: list[Interval] = field(default_factory=list)
    done_ms: int | None = None
    left_ms: int | None = None
    energy_kwh: float = 0.0
    notes: list[str] = field(default_factory=list)
    """Deviations: each an instant, a space, and a text."""
    _status: str = ""
    _since_ms: int = 0

    def record_status(self, status: str, now_ms: int) -> None:
        """Record a change of the charger's status."""
        times = {"Charging": self.charging, "SuspendedEVSE": self.paused}.get(self._status)
        if times is not None and now_ms > self._since_ms:
            times.append((self._since_ms, now_ms))
        self._status, self._since_ms = status, now_ms

    @property
    def paused_after_start(self) -> bool:
        """Whether it was paused after it had begun to charge."""
        return bool(self.charging) and any(start_ms >= self.charging[0][1] for start_ms, _ in self.paused)

    def to_json(self) -> dict[str, Any]:
        """The life as part of the measurements, times in RFC 3339."""
        return {
            "visit": self.visit,
            "session": self.session,
            "charger": self.charger,
            "arrival": rfc3339(self.arrival_ms),
            "departure": rfc3339(self.departure_ms),
            "assigned": _instant(self.assigned_ms),
            "plugged": _instant(self.plugged_ms),
            "powered": _instant(self.powered_ms),
            "unit": self.unit,
            "charging": _intervals(self.charging),
            "paused": _intervals(self.paused),
            "done": _instant(self.done_ms),
            "left": _instant(self.left_ms),
            "requested_kwh": round(self.requested_kwh, 3),
            "energy_kwh": round(self.energy_kwh, 3),
            "offers": self.offers,
            "snoozes": self.snoozes,
            "notes": self.notes,
        }


def _instant(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)


def _intervals(intervals: list[Interval]) -> list[list[str]]:
    return [[rfc3339(start_ms), rfc3339(end_ms)] for start_ms, end_ms in intervals]
