"""FirmwareStatusNotification (OCPP 1.6, 4.5): answered and logged; new firmware shows at the next boot."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, SoftText

log = structlog.get_logger()


class FirmwareStatusNotification(Message):
    status: SoftText = ""


async def handle(
    request: FirmwareStatusNotification, charger: ConnectedCharger
) -> call_result.FirmwareStatusNotification:
    log.info("firmware status", charger=charger.id, status=request.status)
    return call_result.FirmwareStatusNotification()
