"""DiagnosticsStatusNotification (OCPP 1.6, 4.4): answered and logged."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, SoftText

log = structlog.get_logger()


class DiagnosticsStatusNotification(Message):
    status: SoftText = ""


async def handle(
    request: DiagnosticsStatusNotification, charger: ConnectedCharger
) -> call_result.DiagnosticsStatusNotification:
    log.info("diagnostics status", charger=charger.id, status=request.status)
    return call_result.DiagnosticsStatusNotification()
