"""StatusNotification (OCPP 1.6, 4.9). Always answered: an odd error code must not hide that a car was plugged in."""

from __future__ import annotations

from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import ConnectorId, Message, Needed, Readable, SoftText, Word
from adapters.ocpp.v16.times import TimeMs
from adapters.ocpp.v16.words import error_of, status_of
from domain.records.observations import Status
from domain.records.words import OutletError


class StatusNotification(Message):
    connectorId: Needed[ConnectorId] = None
    status: Needed[Word] = None
    errorCode: SoftText = ""
    info: SoftText = ""
    vendorErrorCode: SoftText = ""
    timestamp: Readable[TimeMs] = None


async def handle(request: StatusNotification, charger: ConnectedCharger) -> call_result.StatusNotification:
    state = charger.state
    connector_id = state.only_connector if request.connectorId is None else request.connectorId
    if connector_id is None or request.status is None:
        return call_result.StatusNotification()  # of one of several connectors, or without a status: it says nothing
    state.connector_seen(connector_id)
    error = error_of(request.errorCode or "NoError")
    status = Status(
        charger_id=charger.identity.outlet_id(connector_id),
        evse_id=connector_id,
        status=status_of(request.status),
        error_code=error,
        charger_time_ms=request.timestamp,
        detail=_detail(request, error),
    )
    await charger.persist(charger.observation(status))
    return call_result.StatusNotification()


def _detail(request: StatusNotification, error: OutletError) -> str:
    """What the charger adds to its error: a code that OCPP does not have, its maker's code, and its text."""
    unknown = request.errorCode if error == "other_error" and request.errorCode.lower() != "othererror" else ""
    return ", ".join(filter(None, (unknown, request.vendorErrorCode, request.info)))
