"""StatusNotification (OCPP 1.6, 4.9). Read softly: an odd error code must not hide that a car was plugged in."""

from __future__ import annotations

from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import ConnectorId, Message, SoftText, Word
from adapters.ocpp.v16.times import time_ms
from domain.records.observations import Status


class StatusNotification(Message):
    connectorId: ConnectorId
    status: Word
    errorCode: SoftText = "NoError"
    timestamp: SoftText = ""


async def handle(request: StatusNotification, charger: ConnectedCharger) -> call_result.StatusNotification:
    status = Status(
        charger_id=charger.identity.outlet_id(request.connectorId),
        connector_id=request.connectorId,
        status=request.status,
        error_code=request.errorCode,
        charger_time_ms=_time_ms(request.timestamp),
    )
    await charger.persist(charger.observation(status))
    return call_result.StatusNotification()


def _time_ms(text: str) -> int | None:
    try:
        return time_ms(text)
    except (ValueError, OverflowError):
        return None
