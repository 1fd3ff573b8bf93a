"""The ledger after a charger was verified or not, is commissioned, and is asked for meter values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.load_control.ledger import Charger, Commissioning
from domain.load_control.verification import EXCEEDS_LIMIT
from domain.records import Payload, load


def _verified(charger: Charger, _: load.ObedienceProven, __: int) -> Charger:
    return replace(charger, verified=True, non_compliant=False)


def _voided(charger: Charger, event: load.ObedienceVoided, _: int) -> Charger:
    return replace(charger, verified=False, non_compliant=event.reason == EXCEEDS_LIMIT)


def _commissioning_opened(charger: Charger, event: load.CommissioningOpened, _: int) -> Charger:
    return replace(charger, commissioning=Commissioning(event.test_load_ma, event.expires_ms))


def _command_requested(charger: Charger, event: load.CommandRequested, time_ms: int) -> Charger:
    if event.action != "trigger":
        return charger
    return replace(charger, trigger_id=event.command_id, triggered_ms=time_ms)


def _command_answered(charger: Charger, event: load.CommandAnswered, _: int) -> Charger:
    if event.command_id != charger.trigger_id or event.status != "not_supported":
        return charger
    return replace(charger, can_trigger=False)


OF_CHARGER: dict[type[Payload], Callable[[Charger, Any, int], Charger]] = {
    load.ObedienceProven: _verified,
    load.ObedienceVoided: _voided,
    load.CommissioningOpened: _commissioning_opened,
    load.CommandRequested: _command_requested,
    load.CommandAnswered: _command_answered,
}
