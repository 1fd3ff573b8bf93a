"""The charging profiles of a charge point, and the limit that they set for each connector (OCPP 1.6, 3.13)."""

from __future__ import annotations

from typing import Any

from simulators.charger.profile import WHOLE, BadProfile, Profile, Rules, Selection
from simulators.time.virtual_time import rfc3339

MAX_PROFILES = 20


class ProfileStore:
    """The profiles of a charge point, by purpose, connector and stack level. A connector obeys its own and those of 0.

    Connectors with a transaction share a ChargePointMaxProfile equally.
    """

    def __init__(self, rules: Rules) -> None:
        self.version = 0
        """Another one whenever any limit may have changed, other than by time."""
        self._rules = rules
        self._running: set[int] = set()
        self._held: dict[tuple[str, int, int], Profile] = {}

    def __len__(self) -> int:
        return len(self._held)

    def put(self, connector: int, raw: dict[str, Any], transaction_id: int | None) -> None:
        """Install a `csChargingProfiles`, in place of one with its id or its place. Raises `BadProfile`.

        `transaction_id`: that of the transaction which runs at the connector.
        """
        profile = self._rules.read(connector, raw)
        if profile.purpose == "TxProfile" and (
            transaction_id is None or profile.transaction_id not in (None, transaction_id)
        ):
            raise BadProfile("a TxProfile needs its transaction to be running")
        kept = {place: held for place, held in self._held.items() if held.id != profile.id}
        kept[profile.purpose, connector, profile.stack_level] = profile
        if len(kept) > MAX_PROFILES:
            raise BadProfile(f"at most {MAX_PROFILES} profiles")
        self._held = kept
        self.version += 1

    def clear(self, selection: Selection) -> bool:
        """Remove the profiles that a selection matches; whether there were any."""
        before = len(self._held)
        self._held = {place: held for place, held in self._held.items() if not selection.matches(held)}
        self.version += 1
        return len(self._held) < before

    def begin(self, connector: int) -> None:
        """A transaction begins at the connector."""
        self._running.add(connector)
        self.version += 1

    def end(self, connector: int) -> None:
        """The transaction of the connector ends, and its profiles are gone."""
        self._running.discard(connector)
        self.clear(Selection.of_transaction(connector))

    def limit_a(self, connector: int, now_ms: int, transaction_start_ms: int | None) -> float | None:
        """min(its share of ChargePointMaxProfile, TxProfile else TxDefaultProfile), A per phase; None: nothing applies.

        Within a purpose the highest stack level with a limit now wins, and at the same level the connector's own.
        """
        winning: dict[str, float] = {}
        for profile in sorted(self._of(connector), key=lambda held: (held.stack_level, held.connector)):
            limit_a = profile.limit_a(now_ms, transaction_start_ms)
            if limit_a is not None:
                winning[profile.purpose] = limit_a
        limits_a = []
        if "ChargePointMaxProfile" in winning:
            limits_a.append(winning["ChargePointMaxProfile"] / len(self._running | {connector}))
        transaction_a = winning.get("TxProfile", winning.get("TxDefaultProfile"))
        if transaction_a is not None:
            limits_a.append(transaction_a)
        return min(limits_a, default=None)

    def next_change_ms(self, connector: int, now_ms: int, transaction_start_ms: int | None) -> int | None:
        """The next instant at which the limit may change by itself."""
        held = self._of(connector)
        return min((edge for one in held for edge in one.changes_ms(now_ms, transaction_start_ms)), default=None)

    def composite(
        self,
        connector: int,
        now_ms: int,
        duration_s: int,
        unit: str,
        hardware_max_a: float,
        transaction_start_ms: int | None,
    ) -> dict[str, Any]:
        """The `chargingSchedule` of a GetCompositeSchedule answer, from now on."""
        factor = self._rules.watts_per_ampere if unit == "W" else 1.0
        periods: list[dict[str, Any]] = []
        at_ms: int | None = now_ms
        while at_ms is not None and at_ms < now_ms + duration_s * 1000:
            limit_a = self.limit_a(connector, at_ms, transaction_start_ms)
            limit = round(min(hardware_max_a, hardware_max_a if limit_a is None else limit_a) * factor, 1)
            if not periods or periods[-1]["limit"] != limit:
                periods.append({"startPeriod": (at_ms - now_ms) // 1000, "limit": limit})
            at_ms = self.next_change_ms(connector, at_ms, transaction_start_ms)
        return {
            "duration": duration_s,
            "startSchedule": rfc3339(now_ms),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        }

    def _of(self, connector: int) -> list[Profile]:
        return [held for held in self._held.values() if held.connector in (WHOLE, connector)]
