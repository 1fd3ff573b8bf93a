"""StopTransaction (OCPP 1.6, 4.10): always answered, once durable; `load` quarantines an id that fits nothing.

Its transactionData goes before it, as history: it never makes a stop fail.
"""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from ocpp.v16 import call_result
from pydantic import Field, TypeAdapter, ValidationError

from adapters.ocpp.charger import Charger
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


async def handle(request: StopTransaction, charger: Charger) -> call_result.StopTransaction:
    said = TransactionStop(
        charger_id=charger.id,
        transaction_id=request.transactionId,
        meter_stop_wh=request.meterStop,
        charger_time_ms=time_ms(request.timestamp),
        reason=request.reason,
    )
    stop = derived_id("stop", charger.id, said.transaction_id, said.charger_time_ms, said.meter_stop_wh)
    history = [
        charger.observation(sample, derived_id(stop, index)) for index, sample in enumerate(_history(request, charger))
    ]
    await charger.keep(*history, charger.observation(said, stop))
    charger.agenda.transaction_ended(request.transactionId)
    return call_result.StopTransaction()


def _history(request: StopTransaction, charger: Charger) -> list[Metered]:
    try:
        samples = SAMPLES.validate_python(request.transactionData or [])
    except ValidationError as error:
        log.warning("transaction data ignored", charger=charger.id, errors=error.error_count())
        return []
    connector_id = charger.agenda.connector_of(request.transactionId)
    seen = metered(charger.identity, connector_id, request.transactionId, samples, charger.now_ms())
    return [sample.model_copy(update={"fresh": False}) for sample in seen]
