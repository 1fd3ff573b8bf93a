"""LogStatusNotification (OCPP 1.6 security extension, 5.9): answered and logged."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, SoftText

log = structlog.get_logger()


class LogStatusNotification(Message):
    status: SoftText = ""
    requestId: SoftText = ""


async def handle(request: LogStatusNotification, charger: ConnectedCharger) -> call_result.LogStatusNotification:
    log.info("log status", charger=charger.id, status=request.status, request_id=request.requestId)
    return call_result.LogStatusNotification()
