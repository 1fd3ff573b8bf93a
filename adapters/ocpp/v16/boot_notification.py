"""BootNotification (OCPP 1.6, 4.2): always accepted, who passed the handshake is registered.

It neither creates nor closes transactions; but what the charger was told before may be lost, so all is said again.
"""

from __future__ import annotations

from ocpp.v16 import call_result
from ocpp.v16.enums import RegistrationStatus

from adapters.ocpp.charger import Charger
from adapters.ocpp.jitter import heartbeat_interval_s
from adapters.ocpp.v16.message import Message, SoftText
from adapters.ocpp.v16.times import time_text
from domain.records.observations import Booted


class BootNotification(Message):
    chargePointVendor: SoftText = ""
    chargePointModel: SoftText = ""
    firmwareVersion: SoftText = ""


async def handle(boot: BootNotification, charger: Charger) -> call_result.BootNotification:
    said = Booted(
        charger_id=charger.id,
        vendor=boot.chargePointVendor,
        model=boot.chargePointModel,
        firmware=boot.firmwareVersion,
    )
    await charger.keep(charger.observation(said))
    charger.rebooted()
    interval_s = heartbeat_interval_s(charger.id, charger.office.settings)
    return call_result.BootNotification(time_text(charger.now_ms()), interval_s, RegistrationStatus.accepted)
