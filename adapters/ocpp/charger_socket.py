"""The WebSocket of a charger: it knows whose it is once the handshake let it in, and counts its frames."""

from __future__ import annotations

from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from commands.ports.directory import ChargerIdentity


class FrameWriter(Protocol):
    """A socket, as far as senders of frames know it."""

    async def write_frame(self, frame: bytes) -> None:
        """Send a text frame; a closed socket takes it in silence."""


class ChargerSocket(ServerConnection):
    """`received` and `sent` count frames; `ocpp_id` is the identity in the path."""

    ocpp_id: str = ""
    charger: ChargerIdentity
    received: int = 0
    sent: int = 0

    @property
    def address(self) -> str:
        return str((self.remote_address or ("",))[0])

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
