"""MeterValues (OCPP 1.6, 4.7): currents, power and energy in our units, for `load` and `sites`."""

from __future__ import annotations

from typing import Annotated

from ocpp.v16 import call_result
from pydantic import Field

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import ConnectorId, Message
from adapters.ocpp.v16.meter_value import MeterValue
from adapters.ocpp.v16.translate import metered


class MeterValues(Message):
    connectorId: ConnectorId
    transactionId: int | None = None
    meterValue: Annotated[list[MeterValue], Field(max_length=500)]


async def handle(request: MeterValues, charger: ConnectedCharger) -> call_result.MeterValues:
    if request.transactionId is not None:
        charger.state.transaction_seen(request.transactionId, request.connectorId)
    samples = metered(
        charger.identity, request.connectorId, request.transactionId, request.meterValue, charger.now_ms()
    )
    if samples:
        await charger.persist(*map(charger.observation, samples))
    return call_result.MeterValues()
