"""Heartbeat (OCPP 1.6, 4.6): answered with the time."""

from __future__ import annotations

from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message
from adapters.ocpp.v16.times import time_text


class Heartbeat(Message):
    pass


async def handle(_: Heartbeat, charger: ConnectedCharger) -> call_result.Heartbeat:
    return call_result.Heartbeat(time_text(charger.now_ms()))
