"""StopTransaction (OCPP 1.6, 4.10): always confirmed, once durable; `load` quarantines an unknown transaction id.

What it says in no readable form is replaced by what is known, and marked. Its transactionData is recorded before it, as
history.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ocpp.v16 import call_result
from ocpp.v16.enums import Reason
from pydantic import Field

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import ListOf, Message, MeterWh, Needed, SoftText, Whole
from adapters.ocpp.v16.meter_value import MeterValue
from adapters.ocpp.v16.times import TimeMs
from adapters.ocpp.v16.translate import metered
from adapters.ocpp.v16.words import reason_of
from domain.records import derived_id
from domain.records.observations import Metered, TransactionStop

UNREADABLE = ""


class StopTransaction(Message):
    transactionId: Needed[Whole] = None
    meterStop: Needed[MeterWh] = None
    timestamp: Needed[TimeMs] = None
    reason: SoftText = ""
    transactionData: ListOf[MeterValue] = Field(default_factory=list)


async def handle(request: StopTransaction, charger: ConnectedCharger) -> call_result.StopTransaction:
    history = _history(request, charger)
    reported = _reported(request, history, charger)
    # Of a repeat the id is the same: all that is in it was read, or is the time of receipt.
    time_ms = reported.charger_time_ms
    stop = derived_id("stop", charger.id, reported.transaction_id, time_ms, _natural(request.meterStop))
    observed = [charger.observation(sample, derived_id(stop, index)) for index, sample in enumerate(history)]
    await charger.persist(*observed, charger.observation(reported, stop))
    if request.transactionId is not None:
        charger.state.transaction_ended(str(request.transactionId))
    return call_result.StopTransaction()


def _transaction_id(request: StopTransaction) -> str | None:
    return None if request.transactionId is None else str(request.transactionId)


def _natural(meter_wh: int | None) -> int | str:
    return "unreadable" if meter_wh is None else meter_wh


def _reported(request: StopTransaction, history: list[Metered], charger: ConnectedCharger) -> TransactionStop:
    read: dict[str, Any] = {
        "transaction_id": _transaction_id(request),
        "meter_stop_wh": request.meterStop,
        "charger_time_ms": request.timestamp,
    }
    known: dict[str, Any] = {
        "transaction_id": UNREADABLE,
        "meter_stop_wh": _last_meter_wh(_transaction_id(request), history, charger),
        "charger_time_ms": charger.now_ms(),
    }
    fields = {name: known[name] if value is None else value for name, value in read.items()}
    unreadable = tuple(name for name, value in read.items() if value is None)
    reason = reason_of(request.reason or Reason.local)
    return TransactionStop(charger_id=charger.id, reason=reason, unreadable=unreadable, **fields)


def _last_meter_wh(transaction_id: str | None, history: list[Metered], charger: ConnectedCharger) -> int:
    """The charger's last meter value that is known: of the transaction's own data, else of its meter values."""
    own = [sample.energy_wh for sample in history if sample.energy_wh is not None]
    if own:
        return own[-1]
    running = charger.state.running
    if transaction_id is None and len(running) == 1:
        transaction_id = running[0]
    return charger.state.meter_of(transaction_id) if transaction_id is not None else 0


def _history(request: StopTransaction, charger: ConnectedCharger) -> list[Metered]:
    transaction_id = _transaction_id(request)
    connector_id = charger.state.connector_of(transaction_id) if transaction_id is not None else 1
    history = metered(
        charger.identity,
        connector_id,
        transaction_id,
        request.transactionData,
        charger.now_ms(),
        partial(charger.drop, "StopTransaction"),
    )
    return [sample.model_copy(update={"fresh": False}) for sample in history]
