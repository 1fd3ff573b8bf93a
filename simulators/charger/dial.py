"""How a charge point reaches its central system: by a WebSocket, unless a simulation has its own lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

SUBPROTOCOL = Subprotocol("ocpp1.6")


class CouldNotConnect(Exception):
    """The central system can't be reached, or refused this charge point."""


class Socket(Protocol):
    """An open connection to the central system."""

    async def send(self, text: str) -> None:
        """Send a frame. Raises `ConnectionClosed`."""

    async def receive(self) -> str | bytes:
        """The next frame. Raises `ConnectionClosed`."""

    def abort(self) -> None:
        """Be gone, as a dead line is."""

    async def close(self) -> None:
        """Close it in order."""


Dial = Callable[[str, str], Awaitable[Socket]]
"""Opens a socket to a URL, with the value of the Authorization header. Raises `CouldNotConnect`."""


class WebSocket:
    """A WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        await self._connection.send(text)

    async def receive(self) -> str | bytes:
        return await self._connection.recv()

    def abort(self) -> None:
        self._connection.transport.abort()

    async def close(self) -> None:
        await self._connection.close()


async def web_socket(url: str, authorization: str) -> Socket:
    """Open a WebSocket. Raises `CouldNotConnect`."""
    try:
        connection = await connect(
            url,
            subprotocols=[SUBPROTOCOL],
            additional_headers={"Authorization": authorization},
            compression=None,
            ping_interval=None,  # time is virtual
            proxy=None,
            max_queue=None,
        )
    except (OSError, TimeoutError, WebSocketException) as error:
        raise CouldNotConnect(f"{url}: {error}") from None
    return WebSocket(connection)
