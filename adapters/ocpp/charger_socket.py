"""The WebSocket of a charger: it knows whose it is once the handshake let it in, and counts its frames."""

from __future__ import annotations

import asyncio
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from adapters.ocpp.liveness.keepalive import PingedSocket
from commands.ports.directory import ChargerIdentity


class FrameWriter(Protocol):
    """A socket, as far as senders of frames know it."""

    async def write_frame(self, frame: bytes) -> None:
        """Send a text frame; a closed socket takes it in silence."""


class OpenSocket(FrameWriter, PingedSocket, Protocol):
    """A socket that the handshake let in, as far as the session on it knows it. `received` and `sent` count frames."""

    ocpp_id: str
    charger: ChargerIdentity
    received: int
    sent: int

    @property
    def close_code(self) -> int | None:
        """How it was closed (RFC 6455); None: it is open."""

    async def read_frame(self) -> str | bytes:
        """The next frame. Raises `ConnectionClosed`."""


class ChargerSocket(ServerConnection):
    """`received` and `sent` count frames; `ocpp_id` is the identity in the path.

    `forwarded_for` is the client's address where a trusted proxy reports it. Anything was last heard at `heard_s`, by
    the event loop's time.
    """

    ocpp_id: str = ""
    forwarded_for: str = ""
    refusal: str = ""
    """Why the handshake refuses it, for the log only."""
    heard_s: float = 0.0
    charger: ChargerIdentity
    received: int = 0
    sent: int = 0

    @property
    def address(self) -> str:
        return self.forwarded_for or self.peer

    @property
    def peer(self) -> str:
        """The address at the other end of the connection: the charger's, or a proxy's."""
        return str((self.remote_address or ("",))[0])

    def data_received(self, data: bytes) -> None:
        """Any byte is a sign of life: of a message, a ping or a pong."""
        self.heard_s = asyncio.get_running_loop().time()
        super().data_received(data)

    async def read_frame(self) -> str | bytes:
        """The next frame. Raises `ConnectionClosed`."""
        frame = await self.recv()
        self.received += 1
        return frame

    async def write_frame(self, frame: bytes) -> None:
        """`FrameWriter`: of a closed socket the reader learns, and ends the session."""
        try:
            await self.send(frame, text=True)
        except ConnectionClosed:
            return
        self.sent += 1
