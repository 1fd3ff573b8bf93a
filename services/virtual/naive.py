"""A control for comparison: it shares the limit equally, believes that every message arrives, and knows no lease."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from websockets.exceptions import ConnectionClosed

from services.virtual.line import GatewayEnd, Line
from services.virtual.plan import Plan
from services.virtual.yard import OUTLET_A
from simulators.time.virtual_time import VirtualTime

ANSWERS: dict[str, dict[str, Any]] = {
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StopTransaction": {"idTagInfo": {"status": "Accepted"}},
}


class NaiveServer:
    """`services.virtual.server.CentralSystem` without any care."""

    def __init__(self, time: VirtualTime, lines: Mapping[str, Line], plan: Plan) -> None:
        self._time = time
        self._lines = lines
        self._limit_a = plan.limit_a
        self._numbers = count(1)
        self._running: dict[str, int] = {}
        self._sockets: dict[str, GatewayEnd] = {}
        self.failed: BaseException | None = None

    async def start(self) -> None:
        for line in self._lines.values():
            line.serve = self._serve

    async def kill(self) -> None:
        for line in self._lines.values():
            line.serve = None
            line.drop()
        await asyncio.sleep(0)

    async def _serve(self, socket: GatewayEnd) -> None:
        self._sockets[socket.ocpp_id] = socket
        try:
            while True:
                kind, id_, *rest = json.loads(await socket.read_frame())
                if kind == 2:
                    answer = self._answer(socket.ocpp_id, *rest)
                    await socket.write_frame(json.dumps([3, id_, answer]).encode())
                    if rest[0] in ("StartTransaction", "StopTransaction"):
                        await self._share()
        except ConnectionClosed:
            return

    def _answer(self, name: str, action: str, fields: dict[str, Any]) -> dict[str, Any]:
        match action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": self._time.now_text, "interval": 300}
            case "Heartbeat":
                return {"currentTime": self._time.now_text}
            case "StartTransaction":
                self._running[name] = next(self._numbers)
                return {"transactionId": self._running[name], "idTagInfo": {"status": "Accepted"}}
            case "StopTransaction":
                self._running.pop(name, None)
        return ANSWERS.get(action, {})

    async def _share(self) -> None:
        """Give each transaction an equal part of the limit."""
        for name, transaction_id in self._running.items():
            limit_a = round(min(OUTLET_A, self._limit_a / len(self._running)), 1)
            schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_a}]}
            profile = {
                "chargingProfileId": 1,
                "transactionId": transaction_id,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": schedule,
            }
            fields = {"connectorId": 1, "csChargingProfiles": profile}
            call = [2, f"n{next(self._numbers)}", "SetChargingProfile", fields]
            await self._sockets[name].write_frame(json.dumps(call).encode())
