"""The session of one socket: reads its frames, and passes calls to `inbound`, answers to `outbound`.

The session loop is our own. The `ocpp` package's ChargePoint awaits a handler inside its read loop (a slow one blocks
the answers to our calls, and `call()` inside a handler deadlocks), takes no clock but the wall's, and validates against
schemas that real chargers break. Its payload classes, enums and errors are used throughout.
"""

from __future__ import annotations

import asyncio

import structlog
from websockets.exceptions import ConnectionClosed

from adapters.ocpp.charger_socket import OpenSocket
from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.dialect import Dialect
from adapters.ocpp.frames import BadFrame, Call, error_frame, parse
from adapters.ocpp.inbound import Inbound
from adapters.ocpp.liveness.keepalive import Keepalive
from adapters.ocpp.outbound import Outbound

SUPERSEDED = "superseded"
SUPERSEDED_CODE = 4001
"""A close code of the range that RFC 6455 leaves to applications."""

log = structlog.get_logger()


class Connection:
    """Serves a socket in the dialect agreed until the socket closes; `close_reason` then gives the reason.

    `owns`: it was decided that this socket speaks for its charger.
    """

    def __init__(
        self, connection_id: str, socket: OpenSocket, state: ChargerState, context: GatewayContext, dialect: Dialect
    ) -> None:
        self.id = connection_id
        self.socket = socket
        self.subprotocol = dialect.subprotocol
        self.charger = ConnectedCharger(socket.charger, connection_id, state, context)
        self.owns = False
        self._inbound = Inbound(self.charger, dialect, socket)
        self._outbound = Outbound(self.charger, dialect, socket)
        self._keepalive = Keepalive(socket, context.settings, asyncio.get_running_loop().time)
        self._reading = False
        self._superseded = False

    @property
    def close_reason(self) -> str:
        """The code only: the text that a charger sends beside it may be anything."""
        return SUPERSEDED if self._superseded else str(self.socket.close_code)

    async def run(self) -> None:
        """Read until the socket closes, then finish what was read."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._inbound.run())
            tasks.create_task(self._outbound.run())
            keepalive = tasks.create_task(self._keepalive.run())
            await self._read_frames()
            keepalive.cancel()
            self._outbound.end()
            await self._inbound.end()

    async def supersede(self) -> None:
        """Close the socket, since a newer one of the same charger takes over."""
        self._superseded, self.owns = True, False
        self._outbound.end()
        await self.socket.close(SUPERSEDED_CODE, "a newer connection took over")

    def idle(self) -> bool:
        """Whether all that was read is handled (or awaits a decision), and all that is desired now was sent."""
        return not self._reading and self._inbound.idle() and self._outbound.idle()

    async def _read_frames(self) -> None:
        try:
            while True:
                frame = await self.socket.read_frame()
                self._reading = True
                await self._receive(frame)
                self._reading = False
        except ConnectionClosed:
            self._reading = False

    async def _receive(self, frame: str | bytes) -> None:
        try:
            message = parse(frame)
        except BadFrame as bad:
            log.warning("bad frame", charger=self.charger.id, id=str(bad.message_id)[:40], reason=str(bad))
            if bad.error is not None:
                await self.socket.write_frame(error_frame(bad.message_id, bad.error))
            return
        if isinstance(message, Call):
            await self._inbound.receive(message, hash(frame))
        else:
            self._outbound.receive(message)
