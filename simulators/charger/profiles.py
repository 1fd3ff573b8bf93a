"""The charging profiles of a charge point, and their combined limit (OCPP 1.6, 3.13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from simulators.time.virtual_time import parse_ms, rfc3339

CONNECTOR = 1
PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
MAX_PERIODS = 24
MAX_PROFILES = 20
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


OF_TRANSACTIONS = Selection(purpose="TxProfile")


class ProfileStore:
    """The profiles of a charge point with one connector, by purpose, connector and stack level."""

    def __init__(self, voltage_v: float, phases: int, rate_units: tuple[str, ...], max_stack_level: int) -> None:
        self._watts_per_ampere = voltage_v * phases
        self._rate_units = rate_units
        self._max_stack_level = max_stack_level
        self._held: dict[tuple[str, int, int], Profile] = {}

    def __len__(self) -> int:
        return len(self._held)

    def put(self, connector: int, raw: dict[str, Any], transaction_id: int | None) -> None:
        """Install a `csChargingProfiles`, in place of one with its id or its place. Raises `BadProfile`."""
        profile = self._read(connector, raw)
        if profile.purpose == "TxProfile" and (
            transaction_id is None or profile.transaction_id not in (None, transaction_id)
        ):
            raise BadProfile("a TxProfile needs its transaction to be running")
        kept = {place: held for place, held in self._held.items() if held.id != profile.id}
        kept[profile.purpose, connector, profile.stack_level] = profile
        if len(kept) > MAX_PROFILES:
            raise BadProfile(f"at most {MAX_PROFILES} profiles")
        self._held = kept

    def clear(self, selection: Selection) -> bool:
        """Remove the profiles that a selection matches; whether there were any."""
        before = len(self._held)
        self._held = {place: held for place, held in self._held.items() if not selection.matches(held)}
        return len(self._held) < before

    def limit_a(self, now_ms: int, transaction_start_ms: int | None) -> float | None:
        """min(ChargePointMaxProfile, TxProfile else TxDefaultProfile), A per phase; None where nothing applies.

        Within a purpose the highest stack level with a limit now wins.
        """
        winning: dict[str, float] = {}
        for profile in sorted(self._held.values(), key=lambda held: (held.stack_level, held.connector)):
            limit_a = profile.limit_a(now_ms, transaction_start_ms)
            if limit_a is not None:
                winning[profile.purpose] = limit_a
        transaction_a = winning.get("TxProfile", winning.get("TxDefaultProfile"))
        whole_a = winning.get("ChargePointMaxProfile")
        return min((limit_a for limit_a in (whole_a, transaction_a) if limit_a is not None), default=None)

    def next_change_ms(self, now_ms: int, transaction_start_ms: int | None) -> int | None:
        """The next instant at which the limit may change by itself."""
        edges = (edge for held in self._held.values() for edge in held.changes_ms(now_ms, transaction_start_ms))
        return min(edges, default=None)

    def composite(
        self, now_ms: int, duration_s: int, unit: str, hardware_max_a: float, transaction_start_ms: int | None
    ) -> dict[str, Any]:
        """The `chargingSchedule` of a GetCompositeSchedule answer, from now on."""
        factor = self._watts_per_ampere if unit == "W" else 1.0
        periods: list[dict[str, Any]] = []
        at_ms: int | None = now_ms
        while at_ms is not None and at_ms < now_ms + duration_s * 1000:
            limit_a = self.limit_a(at_ms, transaction_start_ms)
            limit = round(min(hardware_max_a, hardware_max_a if limit_a is None else limit_a) * factor, 1)
            if not periods or periods[-1]["limit"] != limit:
                periods.append({"startPeriod": (at_ms - now_ms) // 1000, "limit": limit})
            at_ms = self.next_change_ms(at_ms, transaction_start_ms)
        return {
            "duration": duration_s,
            "startSchedule": rfc3339(now_ms),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        }

    def _read(self, connector: int, raw: dict[str, Any]) -> Profile:
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
        return limit if unit == "A" else limit / self._watts_per_ampere

    def _check(self, profile: Profile, unit: str) -> None:
        starts = [start_s for start_s, _ in profile.periods]
        rules = {
            f"the purpose is one of {', '.join(PURPOSES)}": profile.purpose in PURPOSES,
            "the kind is Absolute, Relative or Recurring": profile.kind in ("Absolute", "Relative", "Recurring"),
            f"the unit is one of {', '.join(self._rate_units)}": unit in self._rate_units,
            f"the stack level is 0 to {self._max_stack_level}": 0 <= profile.stack_level <= self._max_stack_level,
            "the connector is 0 or 1": profile.connector in (0, CONNECTOR),
            "a ChargePointMaxProfile is for connector 0": profile.purpose != "ChargePointMaxProfile"
            or profile.connector == 0,
            "a TxProfile is for a connector above 0": profile.purpose != "TxProfile" or profile.connector > 0,
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
