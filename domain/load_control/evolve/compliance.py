"""The ledger after a charger was verified or not, is commissioned, is asked for meter values, and is not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.load_control.ledger import Charger, Commissioning, Lease
from domain.load_control.parameters import RELAPSE_MS, REMEMBERED_RELAPSES
from domain.records import Payload, load


def _verified(charger: Charger, _: load.ObedienceProven, __: int) -> Charger:
    """A probe is over. In W the limit is written again, since it may have been written otherwise for its sake."""
    return replace(charger, verified=True, non_compliant=False, lease=_probed(charger, again=charger.in_watts))


def _probed(charger: Charger, *, again: bool) -> Lease | None:
    lease = charger.lease
    if lease is None:
        return None
    return replace(lease, total_ma=None, rule="", ask=replace(lease.ask, repeat=again or lease.ask.repeat))


def _voided(charger: Charger, event: load.ObedienceVoided, time_ms: int) -> Charger:
    charger = replace(charger, verified=False, non_compliant=event.reason == load.EXCEEDS_LIMIT)
    if not charger.non_compliant:
        return charger
    recent = (at_ms for at_ms in charger.exceeded_ms if time_ms < at_ms + RELAPSE_MS)
    return replace(charger, exceeded_ms=(*recent, time_ms)[-REMEMBERED_RELAPSES:])


def _trusted_again(charger: Charger, _: load.TrustedAgain, __: int) -> Charger:
    return replace(charger, verified=False, non_compliant=False, exceeds_rating=False, probed_ms=None)


def _commissioning_opened(charger: Charger, event: load.CommissioningOpened, _: int) -> Charger:
    return replace(charger, commissioning=Commissioning(event.test_load_ma, event.expires_ms))


def _command_requested(charger: Charger, event: load.CommandRequested, time_ms: int) -> Charger:
    if event.action != "trigger":
        return charger
    if event.arguments.get("requested_message") == load.STATUS_NOTIFICATION:
        return replace(charger, status_ms=time_ms)
    return replace(charger, trigger_id=event.command_id, triggered_ms=time_ms)


def _command_answered(charger: Charger, event: load.CommandAnswered, _: int) -> Charger:
    if event.command_id != charger.trigger_id or event.status != "not_supported":
        return charger
    return replace(charger, can_trigger=False)


def _watts_divided(charger: Charger, event: load.WattsDivided, _: int) -> Charger:
    """Where watts are not divided after all, each phase may carry all of what was written."""
    charger = replace(charger, lease=_probed(charger, again=True), probed_ms=None)
    if event.divided:
        return replace(charger, divides_from_ma=event.limit_ma, undivided=False)
    possible = charger.possible
    if charger.divides_from_ma is not None:
        phases, most_ma = len(charger.outlet.phases), charger.outlet.max_ma
        possible = tuple((min(most_ma, limit_ma * phases), until_ms) for limit_ma, until_ms in possible)
    return replace(charger, divides_from_ma=None, undivided=True, possible=possible)


def _rating_exceeded(charger: Charger, _: load.RatingExceeded, __: int) -> Charger:
    return replace(charger, exceeds_rating=True)


def _rating_kept(charger: Charger, _: load.RatingKept, __: int) -> Charger:
    return replace(charger, exceeds_rating=False)


def _reading_refused(charger: Charger, event: load.ReadingRefused, time_ms: int) -> Charger:
    return replace(charger, refused_ms=charger.refused_ms | {event.quantity: time_ms})


OF_CHARGER: dict[type[Payload], Callable[[Charger, Any, int], Charger]] = {
    load.ObedienceProven: _verified,
    load.ObedienceVoided: _voided,
    load.TrustedAgain: _trusted_again,
    load.CommissioningOpened: _commissioning_opened,
    load.CommandRequested: _command_requested,
    load.CommandAnswered: _command_answered,
    load.WattsDivided: _watts_divided,
    load.RatingExceeded: _rating_exceeded,
    load.RatingKept: _rating_kept,
    load.ReadingRefused: _reading_refused,
}
