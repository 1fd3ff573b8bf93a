"""BootNotification (OCPP 1.6, 4.2): always accepted, since a charger that passed the handshake is registered.

It neither creates nor closes transactions; but the limits that the charger had may be lost, so all are sent anew.
"""

from __future__ import annotations

from ocpp.v16 import call_result
from ocpp.v16.enums import RegistrationStatus

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.jitter import heartbeat_interval_s
from adapters.ocpp.v16.message import Message, SoftText
from adapters.ocpp.v16.times import time_text
from domain.records.observations import Booted


class BootNotification(Message):
    chargePointVendor: SoftText = ""
    chargePointModel: SoftText = ""
    firmwareVersion: SoftText = ""


async def handle(boot: BootNotification, charger: ConnectedCharger) -> call_result.BootNotification:
    booted = Booted(
        charger_id=charger.id,
        vendor=boot.chargePointVendor,
        model=boot.chargePointModel,
        firmware=boot.firmwareVersion,
    )
    await charger.persist(charger.observation(booted))
    charger.rebooted()
    interval_s = heartbeat_interval_s(charger.id, charger.context.settings)
    return call_result.BootNotification(time_text(charger.now_ms()), interval_s, RegistrationStatus.accepted)
