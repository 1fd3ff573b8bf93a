"""StatusNotification (OCPP 1.6, 4.9). Taken softly: an odd error code must not hide that a car was plugged in."""

from __future__ import annotations

from ocpp.v16 import call_result

from adapters.ocpp.charger import Charger
from adapters.ocpp.v16.message import ConnectorId, Message, SoftText, Word
from adapters.ocpp.v16.times import time_ms
from domain.records.observations import Status


class StatusNotification(Message):
    connectorId: ConnectorId
    status: Word
    errorCode: SoftText = "NoError"
    timestamp: SoftText = ""


async def handle(told: StatusNotification, charger: Charger) -> call_result.StatusNotification:
    said = Status(
        charger_id=charger.id,
        connector_id=told.connectorId,
        status=told.status,
        error_code=told.errorCode,
        charger_time_ms=_time_ms(told.timestamp),
    )
    await charger.keep(charger.observation(said))
    return call_result.StatusNotification()


def _time_ms(text: str) -> int | None:
    try:
        return time_ms(text)
    except (ValueError, OverflowError):
        return None
