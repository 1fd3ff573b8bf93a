"""SignCertificate (OCPP 1.6 security extension, 5.14): rejected, since there is no certificate authority here."""

from __future__ import annotations

import structlog
from ocpp.v16 import call_result
from ocpp.v16.enums import GenericStatus

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message

log = structlog.get_logger()


class SignCertificate(Message):
    pass


async def handle(_: SignCertificate, charger: ConnectedCharger) -> call_result.SignCertificate:
    log.warning("certificate not signed", charger=charger.id, reason="there is no certificate authority here")
    return call_result.SignCertificate(GenericStatus.rejected)
