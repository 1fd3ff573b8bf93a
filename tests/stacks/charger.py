"""What is true of a charger with a car: its charging profiles, its current and its register, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MAX_A = 32.0
MIN_A = 6.0
PHASES = 3
VOLTAGE_V = 230
ANY = 0
"""The connector id that stands for all."""


def ms_of(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Profile:
    """A charging profile as the stack gave it to us (OCPP 1.6, 3.13 and 7.8)."""

    fields: dict[str, Any]

    @property
    def place(self) -> tuple[str, int]:
        """Another one of the same purpose and level takes its place."""
        return self.fields["chargingProfilePurpose"], self.fields["stackLevel"]

    def limit_a(self, now_ms: int, since_ms: int) -> float | None:
        """The limit of each phase; None where the profile says nothing about this moment.

        `since_ms`: when the transaction began, from which a relative schedule counts.
        """
        schedule = self.fields["chargingSchedule"]
        start_ms = ms_of(schedule["startSchedule"]) if schedule.get("startSchedule") else since_ms
        elapsed_s = (now_ms - start_ms) / 1000
        duration_s = schedule.get("duration")
        if elapsed_s < 0 or (duration_s is not None and elapsed_s >= duration_s):
            return None
        limit = max(
            (period for period in schedule["chargingSchedulePeriod"] if period["startPeriod"] <= elapsed_s),
            key=lambda period: period["startPeriod"],
        )["limit"]
        return float(limit if schedule["chargingRateUnit"] == "A" else limit / VOLTAGE_V / PHASES)


@dataclass
class Charger:
    """One connector. The car draws what it may at once, up to `car_a` on each phase; None: there is no car.

    `transaction`: its id, as the server gave it; `since_ms`: when it began.
    """

    register_wh: float = 12_000.0
    car_a: float | None = None
    transaction: int | None = None
    since_ms: int = 0
    profiles: dict[tuple[str, int], Profile] = field(default_factory=dict)

    def put(self, fields: dict[str, Any]) -> None:
        profile = Profile(fields)
        self.profiles[profile.place] = profile

    def clear(self, fields: dict[str, Any]) -> None:
        """Of the criteria of a ClearChargingProfile the server uses the id alone."""
        self.profiles = {
            place: one for place, one in self.profiles.items() if one.fields["chargingProfileId"] != fields["id"]
        }

    def limit_a(self, now_ms: int) -> float:
        """What each phase may carry: the transaction's profile before the default one, of each the highest level."""
        most_a = self._of("ChargePointMaxProfile", now_ms)
        own_a = self._of("TxProfile", now_ms)
        default_a = self._of("TxDefaultProfile", now_ms)
        chosen_a = own_a if own_a is not None else default_a
        return min(one for one in (MAX_A, most_a, chosen_a) if one is not None)

    def _of(self, purpose: str, now_ms: int) -> float | None:
        found = {
            level: limit_a
            for (of, level), profile in self.profiles.items()
            if of == purpose and (limit_a := profile.limit_a(now_ms, self.since_ms)) is not None
        }
        return found[max(found)] if found else None

    def current_a(self, now_ms: int) -> float:
        """What each phase carries."""
        if self.transaction is None or self.car_a is None:
            return 0.0
        limit_a = self.limit_a(now_ms)
        return min(limit_a, self.car_a) if limit_a >= MIN_A else 0.0

    def charge(self, from_ms: int, to_ms: int) -> None:
        """Let the current of `from_ms` flow until `to_ms`."""
        self.register_wh += self.current_a(from_ms) * PHASES * VOLTAGE_V * (to_ms - from_ms) / 3_600_000

    def reading(self, now_ms: int) -> dict[str, Any]:
        """What the meter shows: `wh`, `currents` of the phases in A, `watts`."""
        current_a = self.current_a(now_ms)
        return {
            "wh": self.shown_wh,
            "currents": [round(current_a, 2)] * PHASES,
            "watts": round(current_a * PHASES * VOLTAGE_V),
        }

    @property
    def shown_wh(self) -> int:
        return int(self.register_wh)
