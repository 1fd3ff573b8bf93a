"""Heartbeat (OCPP 1.6, 4.6): tells the charger the time."""

from __future__ import annotations

from ocpp.v16 import call_result

from adapters.ocpp.charger import Charger
from adapters.ocpp.v16.message import Message
from adapters.ocpp.v16.times import time_text


class Heartbeat(Message):
    pass


async def handle(_: Heartbeat, charger: Charger) -> call_result.Heartbeat:
    return call_result.Heartbeat(time_text(charger.now_ms()))
