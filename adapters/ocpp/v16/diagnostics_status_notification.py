"""DiagnosticsStatusNotification (OCPP 1.6, 4.4): answered and logged."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result

from adapters.ocpp.charger import Charger
from adapters.ocpp.v16.message import Message, SoftText

log = structlog.get_logger()


class DiagnosticsStatusNotification(Message):
    status: SoftText = ""


async def handle(told: DiagnosticsStatusNotification, charger: Charger) -> call_result.DiagnosticsStatusNotification:
    log.info("diagnostics status", charger=charger.id, status=told.status)
    return call_result.DiagnosticsStatusNotification()
