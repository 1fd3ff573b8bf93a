"""The limits that may be in force at a charger: the newest, and older ones that no meter value has ruled out."""

from __future__ import annotations

from dataclasses import replace

from domain.load_control.ledger import Charger
from domain.load_control.parameters import LEASE_MS, POSSIBLE_LIMITS


def with_possible(charger: Charger, limit_ma: int, until_ms: int, time_ms: int) -> tuple[tuple[int, int], ...]:
    """The leases that may be in force, with a new one: what it outlasts at no lower limit is covered by it."""
    possible = [
        (other_ma, other_until_ms)
        for other_ma, other_until_ms in charger.possible
        if not charger.has_lapsed(other_until_ms, time_ms) and (other_ma > limit_ma or other_until_ms > until_ms)
    ]
    possible = sorted([*possible, (limit_ma, until_ms)], reverse=True)
    while len(possible) > POSSIBLE_LIMITS:
        (higher_ma, one_ms), (_, other_ms), *rest = possible
        possible = [(higher_ma, max(one_ms, other_ms)), *rest]
    return tuple(possible)


def on_failsafe(charger: Charger, time_ms: int) -> Charger:
    """In a transaction it may draw by its fail-safe limit now: that a lower lease holds instead must be confirmed."""
    installed_ma = charger.failsafe.installed_ma
    if not charger.transactions or installed_ma is None:
        return charger
    return replace(charger, possible=with_possible(charger, installed_ma, time_ms + LEASE_MS, time_ms))
