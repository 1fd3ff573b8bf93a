"""MeterValues (OCPP 1.6, 4.7): currents, power and energy in our units, for `load` and `sites`."""

from __future__ import annotations

from functools import partial

from ocpp.v16 import call_result
from pydantic import Field

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import ConnectorId, ListOf, Message, Needed, Readable, Whole
from adapters.ocpp.v16.meter_value import MeterValue
from adapters.ocpp.v16.translate import metered


class MeterValues(Message):
    connectorId: Needed[ConnectorId] = None
    transactionId: Readable[Whole] = None
    """0 and -1, which some chargers send between transactions, are none."""
    meterValue: ListOf[MeterValue] = Field(default_factory=list)


async def handle(request: MeterValues, charger: ConnectedCharger) -> call_result.MeterValues:
    transaction_id = str(request.transactionId) if request.transactionId and request.transactionId > 0 else None
    connector_id = _connector_id(request.connectorId, transaction_id, charger)
    samples = metered(
        charger.identity,
        connector_id,
        transaction_id,
        request.meterValue,
        charger.now_ms(),
        partial(charger.drop, "MeterValues"),
    )
    for sample in samples:
        if transaction_id is not None and sample.energy_wh is not None:
            charger.state.meter_seen(transaction_id, sample.energy_wh)
    if samples:
        await charger.persist(*map(charger.observation, samples))
    return call_result.MeterValues()


def _connector_id(reported: int | None, transaction_id: str | None, charger: ConnectedCharger) -> int:
    """The connector that is meant: where it can't be known the values are the charger's own, and no connector's."""
    state = charger.state
    if reported is not None:
        state.connector_seen(reported)
        if transaction_id is not None:
            state.transaction_seen(transaction_id, reported)
        return reported
    if transaction_id is not None and state.has_seen(transaction_id):
        return state.connector_of(transaction_id)
    return state.only_connector or 0
