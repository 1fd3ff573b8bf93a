"""StatusNotification (OCPP 1.6, 4.9). Always answered: an odd error code must not hide that a car was plugged in."""

from __future__ import annotations

from ocpp.v16 import call_result
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import ConnectorId, Message, Needed, Readable, SoftText, Word, as_ocpp
from adapters.ocpp.v16.times import TimeMs
from domain.records.observations import Status


class StatusNotification(Message):
    connectorId: Needed[ConnectorId] = None
    status: Needed[Word] = None
    errorCode: SoftText = ""
    timestamp: Readable[TimeMs] = None


async def handle(request: StatusNotification, charger: ConnectedCharger) -> call_result.StatusNotification:
    state = charger.state
    connector_id = state.only_connector if request.connectorId is None else request.connectorId
    if connector_id is None or request.status is None:
        return call_result.StatusNotification()  # of one of several connectors, or without a status: it says nothing
    state.connector_seen(connector_id)
    status = Status(
        charger_id=charger.identity.outlet_id(connector_id),
        connector_id=connector_id,
        status=as_ocpp(ChargePointStatus, request.status),
        error_code=as_ocpp(ChargePointErrorCode, request.errorCode or "NoError"),
        charger_time_ms=request.timestamp,
    )
    await charger.persist(charger.observation(status))
    return call_result.StatusNotification()
