"""The ledger after limits are desired, renewed, answered, confirmed and ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.electrical.clock import EXACT_MS
from domain.load_control.evolve.possible_limits import with_possible
from domain.load_control.ledger import Ask, Charger, Failsafe, Lease, Ledger
from domain.load_control.verification import PROBE_RULE
from domain.records import Payload, load


def _failsafe_desired(charger: Charger, event: load.FailsafeDesired, time_ms: int) -> Charger:
    installed_ma = charger.failsafe.installed_ma
    failsafe = replace(
        charger.failsafe,
        desired_ma=event.limit_ma,
        installed_ma=None if installed_ma is None else max(installed_ma, event.limit_ma),
        ask=_asked(charger.failsafe.ask, event.generation, time_ms),
    )
    return replace(charger, failsafe=failsafe, generation=event.generation)


def _limit_desired(charger: Charger, event: load.LimitDesired, time_ms: int) -> Charger:
    return _with_lease(
        charger,
        event.transaction_id,
        event.limit_ma,
        event.generation,
        event.valid_until_ms,
        time_ms,
        event.rule,
        event.total_ma,
    )


def _limits_renewed(ledger: Ledger, event: load.LimitsRenewed, time_ms: int) -> Ledger:
    chargers = dict(ledger.chargers)
    for limit in event.limits:
        charger = chargers[limit.charger_id]
        total_ma = charger.lease.total_ma if charger.lease else None
        chargers[limit.charger_id] = _with_lease(
            charger,
            limit.transaction_id,
            limit.limit_ma,
            limit.generation,
            event.valid_until_ms,
            time_ms,
            None,
            total_ma,
        )
    return replace(ledger, chargers=chargers)


def _with_lease(
    charger: Charger,
    transaction_id: str,
    limit_ma: int,
    generation: int,
    valid_until_ms: int,
    time_ms: int,
    rule: str | None,
    total_ma: int | None,
) -> Charger:
    before = charger.lease
    same = before is not None and (before.limit_ma, before.total_ma) == (limit_ma, total_ma)
    lowered = limit_ma < (before.limit_ma if before is not None else charger.possible_ma(time_ms))
    lowered = lowered or (before is not None and limit_ma == before.limit_ma and before.total_ma is None and not same)
    lease = Lease(
        transaction_id=transaction_id,
        limit_ma=limit_ma,
        valid_until_ms=valid_until_ms,
        since_ms=before.since_ms if before and same else time_ms,
        lowered_ms=before.lowered_ms if before and same else (time_ms if lowered else None),
        rule=before.rule if before and same else rule or "",
        ask=_asked(before.ask if before else Ask(), generation, time_ms),
        total_ma=total_ma,
    )
    return replace(
        charger,
        lease=lease,
        generation=generation,
        possible=with_possible(charger, limit_ma, valid_until_ms, time_ms),
        probed_ms=time_ms if rule == PROBE_RULE else charger.probed_ms,
    )


def _asked(before: Ask, generation: int, time_ms: int) -> Ask:
    return Ask(generation=generation, asked_ms=time_ms, failures=before.failures)


def _lease_ended(charger: Charger, event: load.LeaseEnded, _: int) -> Charger:
    """It ends with its transaction; in the place of the fail-safe limit it stays until that is put back."""
    ask = charger.failsafe.ask
    if charger.lease_replaces_failsafe or ask.accepted_ms is None:
        failsafe = replace(charger.failsafe, ask=replace(ask, repeat=True))
        return replace(charger, lease=None, generation=event.generation, failsafe=failsafe)
    return replace(charger, lease=None, possible=(), generation=event.generation, clock_doubtful=_is_off(charger))


def _answered(charger: Charger, event: load.ProfileAnswered, time_ms: int) -> Charger:
    if event.status == "accepted":
        charger = replace(charger, in_watts=event.unit == "W")
    if event.purpose == "failsafe" and event.generation == charger.failsafe.ask.generation:
        charger = replace(charger, failsafe=_failsafe_answered(charger.failsafe, event.status, time_ms))
        return _failsafe_is_back(charger) if event.status == "accepted" and charger.lease is None else charger
    if charger.lease is not None and event.purpose == "lease" and event.generation == charger.lease.ask.generation:
        lease = replace(charger.lease, ask=_ask_answered(charger.lease.ask, event.status, time_ms))
        replaces = event.replaces_failsafe or charger.lease_replaces_failsafe
        return replace(charger, lease=lease, lease_replaces_failsafe=replaces)
    return charger


def _failsafe_is_back(charger: Charger) -> Charger:
    """Nothing is in its place any more."""
    return replace(charger, possible=(), lease_replaces_failsafe=False, clock_doubtful=_is_off(charger))


def _failsafe_answered(failsafe: Failsafe, status: str, time_ms: int) -> Failsafe:
    ask = _ask_answered(failsafe.ask, status, time_ms)
    if status == "accepted":
        return Failsafe(desired_ma=failsafe.desired_ma, installed_ma=failsafe.desired_ma, ask=ask)
    if status in ("rejected", "not_supported"):
        return replace(failsafe, installed_ma=None, ask=ask)
    return replace(failsafe, ask=ask)


def _ask_answered(ask: Ask, status: str, time_ms: int) -> Ask:
    if status == "accepted":
        return replace(ask, accepted_ms=time_ms, failed_ms=None, failures=0)
    return replace(ask, accepted_ms=None, failed_ms=time_ms, failures=ask.failures + 1)


def _confirmed(charger: Charger, event: load.LimitConfirmed, _: int) -> Charger:
    assert charger.lease is not None
    possible = ((event.limit_ma, charger.lease.valid_until_ms),)
    return replace(charger, possible=possible, clock_doubtful=_is_off(charger))


def _is_off(charger: Charger) -> bool:
    return charger.clock_ms is not None and abs(charger.clock_ms) > EXACT_MS


OF_SITE: dict[type[Payload], Callable[[Ledger, Any, int], Ledger]] = {
    load.LimitsRenewed: _limits_renewed,
}


OF_CHARGER: dict[type[Payload], Callable[[Charger, Any, int], Charger]] = {
    load.FailsafeDesired: _failsafe_desired,
    load.LimitDesired: _limit_desired,
    load.LeaseEnded: _lease_ended,
    load.ProfileAnswered: _answered,
    load.LimitConfirmed: _confirmed,
}
