"""SignedFirmwareStatusNotification (OCPP 1.6 security extension, 5.16): answered and logged."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, SoftText

log = structlog.get_logger()


class SignedFirmwareStatusNotification(Message):
    status: SoftText = ""
    requestId: SoftText = ""


async def handle(
    request: SignedFirmwareStatusNotification, charger: ConnectedCharger
) -> call_result.SignedFirmwareStatusNotification:
    log.info("signed firmware status", charger=charger.id, status=request.status, request_id=request.requestId)
    return call_result.SignedFirmwareStatusNotification()
