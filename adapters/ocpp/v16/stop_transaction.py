"""StopTransaction (OCPP 1.6, 4.10): always answered, once durable; `load` quarantines an unknown transaction id.

Its transactionData is recorded before it, as history: bad data never makes a stop fail.
"""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from ocpp.v16 import call_result
from pydantic import Field, TypeAdapter, ValidationError

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, MeterWh, SoftText
from adapters.ocpp.v16.meter_value import MeterValue
from adapters.ocpp.v16.times import TimeText, time_ms
from adapters.ocpp.v16.translate import metered
from domain.records import derived_id
from domain.records.observations import Metered, TransactionStop

log = structlog.get_logger()
SAMPLES = TypeAdapter(Annotated[list[MeterValue], Field(max_length=500)])


class StopTransaction(Message):
    transactionId: int
    meterStop: MeterWh
    timestamp: TimeText
    reason: SoftText = "Local"
    transactionData: Any = None


async def handle(request: StopTransaction, charger: ConnectedCharger) -> call_result.StopTransaction:
    reported = TransactionStop(
        charger_id=charger.id,
        transaction_id=request.transactionId,
        meter_stop_wh=request.meterStop,
        charger_time_ms=time_ms(request.timestamp),
        reason=request.reason,
    )
    stop = derived_id("stop", charger.id, reported.transaction_id, reported.charger_time_ms, reported.meter_stop_wh)
    history = [
        charger.observation(sample, derived_id(stop, index)) for index, sample in enumerate(_history(request, charger))
    ]
    await charger.persist(*history, charger.observation(reported, stop))
    charger.state.transaction_ended(request.transactionId)
    return call_result.StopTransaction()


def _history(request: StopTransaction, charger: ConnectedCharger) -> list[Metered]:
    try:
        samples = SAMPLES.validate_python(request.transactionData or [])
    except ValidationError as error:
        log.warning("transaction data ignored", charger=charger.id, errors=error.error_count())
        return []
    connector_id = charger.state.connector_of(request.transactionId)
    history = metered(charger.identity, connector_id, request.transactionId, samples, charger.now_ms())
    return [sample.model_copy(update={"fresh": False}) for sample in history]
