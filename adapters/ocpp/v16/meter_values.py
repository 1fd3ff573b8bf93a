"""MeterValues (OCPP 1.6, 4.7): what flows, in our units, for `load` and `sites`."""

from __future__ import annotations

from typing import Annotated

from ocpp.v16 import call_result
from pydantic import Field

from adapters.ocpp.charger import Charger
from adapters.ocpp.v16.message import ConnectorId, Message
from adapters.ocpp.v16.meter_value import MeterValue
from adapters.ocpp.v16.translate import metered


class MeterValues(Message):
    connectorId: ConnectorId
    transactionId: int | None = None
    meterValue: Annotated[list[MeterValue], Field(max_length=500)]


async def handle(told: MeterValues, charger: Charger) -> call_result.MeterValues:
    if told.transactionId is not None:
        charger.agenda.transaction_seen(told.transactionId, told.connectorId)
    seen = metered(charger.identity, told.connectorId, told.transactionId, told.meterValue, charger.now_ms())
    if seen:
        await charger.keep(*(charger.observation(one) for one in seen))
    return call_result.MeterValues()
