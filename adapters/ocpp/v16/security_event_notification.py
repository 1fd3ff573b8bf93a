"""SecurityEventNotification (OCPP 1.6 security extension, 5.10): answered, and logged for who watches the chargers."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, SoftText

log = structlog.get_logger()


class SecurityEventNotification(Message):
    type: SoftText = ""
    timestamp: SoftText = ""
    techInfo: SoftText = ""


async def handle(
    request: SecurityEventNotification, charger: ConnectedCharger
) -> call_result.SecurityEventNotification:
    log.warning(
        "security event",
        charger=charger.id,
        type=request.type,
        charger_time=request.timestamp,
        detail=request.techInfo,
    )
    return call_result.SecurityEventNotification()
