"""One charger's socket: reads its frames, and hands them to those who handle calls and answers.

The session loop is our own. The `ocpp` package's ChargePoint awaits a handler inside its read loop (a slow one blocks
the answers to our calls, and `call()` inside a handler deadlocks), takes no clock but the wall's, and validates against
schemas that real chargers break. Its payload classes, enums and errors are used throughout.
"""

from __future__ import annotations

import asyncio

import structlog
from websockets.exceptions import ConnectionClosed

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.charger import Charger, Office
from adapters.ocpp.frames import BadFrame, Call, error_frame, parse
from adapters.ocpp.handshake import ChargerSocket
from adapters.ocpp.inbound import Inbound
from adapters.ocpp.outbound import Outbound

SUPERSEDED = "superseded"
SUPERSEDED_CODE = 4001
"""Of the range that RFC 6455 leaves to applications."""

log = structlog.get_logger()


class Connection:
    """Serves a socket until it closes; `close_reason` then says why. `received` and `sent` count its frames.

    `owns`: it was decided that it speaks for its charger.
    """

    def __init__(self, connection_id: str, socket: ChargerSocket, agenda: Agenda, office: Office) -> None:
        self.id = connection_id
        self.owns = False
        self.received = 0
        self.sent = 0
        self._socket = socket
        self._reading = False
        self._superseded = False
        self._outbound = Outbound(
            socket.charger, self.id, agenda, office, self._send, starting=lambda: self._inbound.starting > 0
        )
        charger = Charger(socket.charger, self.id, agenda, office, self._outbound.start_over)
        self._inbound = Inbound(charger, office.settings, self._send)

    @property
    def close_reason(self) -> str:
        """The code only: what a charger says beside it may be anything."""
        return SUPERSEDED if self._superseded else str(self._socket.close_code)

    @property
    def subprotocol(self) -> str:
        """Empty where none was agreed on."""
        return self._socket.subprotocol or ""

    async def run(self) -> None:
        """Read until the socket closes, then finish what was read."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._inbound.run())
            tasks.create_task(self._outbound.run())
            await self._read_frames()
            self._outbound.end()
            await self._inbound.end()

    async def supersede(self) -> None:
        """A newer socket of the same charger takes over."""
        self._superseded, self.owns = True, False
        self._outbound.end()
        await self._socket.close(SUPERSEDED_CODE, "a newer connection took over")

    def idle(self) -> bool:
        """Whether all that was read is handled (or awaits a decision), and all that is wanted now was sent."""
        return not self._reading and self._inbound.idle() and self._outbound.idle()

    async def _read_frames(self) -> None:
        try:
            while True:
                frame = await self._socket.recv()
                self.received += 1
                self._reading = True
                await self._take(frame)
                self._reading = False
        except ConnectionClosed:
            self._reading = False

    async def _take(self, frame: str | bytes) -> None:
        try:
            message = parse(frame)
        except BadFrame as bad:
            log.warning("bad frame", charger=self._socket.charger.charger_id, id=bad.message_id[:40], reason=str(bad))
            if bad.error is not None:
                await self._send(error_frame(bad.message_id, bad.error))
            return
        if isinstance(message, Call):
            await self._inbound.take(message, hash(frame))
        else:
            self._outbound.take(message)

    async def _send(self, frame: bytes) -> None:
        try:
            await self._socket.send(frame, text=True)
        except ConnectionClosed:
            return  # the reader sees it too, and ends the session
        self.sent += 1
