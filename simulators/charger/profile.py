"""A charging profile (OCPP 1.6, 3.13), and the rules by which a charge point reads one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from simulators.time.virtual_time import parse_ms

WHOLE = 0
"""The connector id that stands for the charge point as a whole."""
PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
MAX_PERIODS = 24
_RECURRENCE_S = {"Daily": 86_400, "Weekly": 604_800}


class BadProfile(ValueError):
    """A profile that this charge point rejects; the text gives the reason."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One charging profile with its limits converted to A per phase."""

    id: int
    connector: int
    purpose: str
    stack_level: int
    transaction_id: int | None
    kind: str
    recurrence_s: int | None
    valid_from_ms: int | None
    valid_to_ms: int | None
    start_ms: int | None
    duration_s: int | None
    periods: tuple[tuple[int, float], ...]
    """(start in s, limit in A per phase), ascending."""

    def begin_ms(self, now_ms: int, transaction_start_ms: int | None) -> int | None:
        """When the schedule that may be in force now began; None where it has no beginning yet."""
        if self.kind == "Relative":
            return transaction_start_ms
        assert self.start_ms is not None
        if self.recurrence_s is None or now_ms < self.start_ms:
            return self.start_ms
        return now_ms - (now_ms - self.start_ms) % (self.recurrence_s * 1000)

    def limit_a(self, now_ms: int, transaction_start_ms: int | None) -> float | None:
        """Its limit now; None where it sets none."""
        if self.valid_from_ms is not None and now_ms < self.valid_from_ms:
            return None
        if self.valid_to_ms is not None and now_ms >= self.valid_to_ms:
            return None
        begin_ms = self.begin_ms(now_ms, transaction_start_ms)
        if begin_ms is None or now_ms < begin_ms:
            return None
        elapsed_ms = now_ms - begin_ms
        if self.duration_s is not None and elapsed_ms >= self.duration_s * 1000:
            return None
        return next(limit_a for start_s, limit_a in reversed(self.periods) if elapsed_ms >= start_s * 1000)

    def changes_ms(self, now_ms: int, transaction_start_ms: int | None) -> list[int]:
        """The instants after now at which its limit may change."""
        edges = [self.valid_from_ms, self.valid_to_ms]
        begin_ms = self.begin_ms(now_ms, transaction_start_ms)
        if begin_ms is not None:
            edges += [begin_ms + start_s * 1000 for start_s, _ in self.periods]
            edges += [begin_ms + s * 1000 for s in (self.duration_s, self.recurrence_s) if s is not None]
        return [edge for edge in edges if edge is not None and edge > now_ms]


class Selection(NamedTuple):
    """What ClearChargingProfile selects (OCPP 1.6, 5.5): the profiles that match all of it; an id alone decides."""

    id: int | None = None
    connector: int | None = None
    purpose: str | None = None
    stack_level: int | None = None

    def matches(self, profile: Profile) -> bool:
        if self.id is not None:
            return profile.id == self.id
        return (
            self.connector in (None, profile.connector)
            and self.purpose in (None, profile.purpose)
            and self.stack_level in (None, profile.stack_level)
        )

    @classmethod
    def of_transaction(cls, connector: int) -> Selection:
        """The profiles that go with the transaction of a connector."""
        return cls(connector=connector, purpose="TxProfile")


OF_TRANSACTIONS = Selection(purpose="TxProfile")


@dataclass(frozen=True, slots=True)
class Rules:
    """The profiles that a charge point takes. `watts_per_ampere` is over all phases that it has."""

    watts_per_ampere: float
    rate_units: tuple[str, ...]
    max_stack_level: int
    connectors: int

    def read(self, connector: int, raw: dict[str, Any]) -> Profile:
        """The profile of a `csChargingProfiles`. Raises `BadProfile`."""
        try:
            schedule = raw["chargingSchedule"]
            profile = Profile(
                id=int(raw["chargingProfileId"]),
                connector=connector,
                purpose=raw["chargingProfilePurpose"],
                stack_level=int(raw["stackLevel"]),
                transaction_id=raw.get("transactionId"),
                kind=raw["chargingProfileKind"],
                recurrence_s=_RECURRENCE_S[raw["recurrencyKind"]]
                if raw["chargingProfileKind"] == "Recurring"
                else None,
                valid_from_ms=_instant(raw.get("validFrom")),
                valid_to_ms=_instant(raw.get("validTo")),
                start_ms=_instant(schedule.get("startSchedule")),
                duration_s=schedule.get("duration"),
                periods=tuple(
                    (int(period["startPeriod"]), self._amperes(period, schedule["chargingRateUnit"]))
                    for period in schedule["chargingSchedulePeriod"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadProfile(f"can't read it: {error!r}") from None
        self._check(profile, schedule["chargingRateUnit"])
        return profile

    def _amperes(self, period: dict[str, Any], unit: str) -> float:
        limit = float(period["limit"])
        # A is per phase, W is the total over the phases that this charge point has.
        return limit if unit == "A" else limit / self.watts_per_ampere

    def _check(self, profile: Profile, unit: str) -> None:
        starts = [start_s for start_s, _ in profile.periods]
        rules = {
            f"the purpose is one of {', '.join(PURPOSES)}": profile.purpose in PURPOSES,
            "the kind is Absolute, Relative or Recurring": profile.kind in ("Absolute", "Relative", "Recurring"),
            f"the unit is one of {', '.join(self.rate_units)}": unit in self.rate_units,
            f"the stack level is 0 to {self.max_stack_level}": 0 <= profile.stack_level <= self.max_stack_level,
            f"the connector is 0 to {self.connectors}": WHOLE <= profile.connector <= self.connectors,
            "a ChargePointMaxProfile is for connector 0": profile.purpose != "ChargePointMaxProfile"
            or profile.connector == WHOLE,
            "a TxProfile is for a connector above 0": profile.purpose != "TxProfile" or profile.connector > WHOLE,
            "a Relative schedule has no start, others have": (profile.kind == "Relative") == (profile.start_ms is None),
            f"there are 1 to {MAX_PERIODS} periods": 1 <= len(starts) <= MAX_PERIODS,
            "the first period starts at 0, the others later": starts[:1] == [0] and starts == sorted(set(starts)),
            "no limit is negative": all(limit_a >= 0 for _, limit_a in profile.periods),
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise BadProfile("; ".join(broken))


def _instant(text: str | None) -> int | None:
    return None if text is None else parse_ms(text)
