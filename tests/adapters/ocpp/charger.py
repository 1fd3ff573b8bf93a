"""A charger for tests: a WebSocket client that sends what a test wants, and keeps apart what it hears."""

from __future__ import annotations

import asyncio
import base64
import json
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Frame = list[Any]
PATIENCE_S = 10.0


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Charger:
    """`heard`: answers to our calls, by message id; `asked`: the gateway's calls."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: asyncio.Queue[Frame] = asyncio.Queue()
        self.asked: asyncio.Queue[Frame] = asyncio.Queue()
        self._ids = count(1)
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls, port: int, ocpp_id: str = "CP1", password: str = "right", subprotocols: tuple[str, ...] = ("ocpp1.6",)
    ) -> Charger:
        socket = await connect(
            f"ws://127.0.0.1:{port}/ocpp/{ocpp_id}",
            additional_headers=basic(ocpp_id, password),
            subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
            compression=None,
            proxy=None,
            ping_interval=None,
        )
        return cls(socket)

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                frame = json.loads(text)
                await (self.asked if frame[0] == 2 else self.heard).put(frame)
        except ConnectionClosed:
            return

    async def send(self, frame: Any) -> None:
        """A frame, or any text."""
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def hear(self) -> Frame:
        """The next answer."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.heard.get()

    async def call(self, action: str, payload: Any, message_id: str = "") -> Frame:
        """Send a CALL and return the next answer, which must be its own."""
        message_id = message_id or f"m{next(self._ids)}"
        await self.send([2, message_id, action, payload])
        answer = await self.hear()
        assert answer[1] == message_id
        return answer

    async def be_asked(self, action: str = "") -> Frame:
        """The next CALL of the gateway."""
        async with asyncio.timeout(PATIENCE_S):
            frame = await self.asked.get()
        assert not action or frame[2] == action, frame
        return frame

    async def answer(self, call: Frame, payload: Any) -> None:
        await self.send([3, call[1], payload])

    async def accept(self, action: str = "") -> Frame:
        """Be asked, accept, and return what was asked."""
        call = await self.be_asked(action)
        await self.answer(call, {"status": "Accepted"})
        return call

    async def closed(self) -> int | None:
        """The close code, once the socket is closed."""
        async with asyncio.timeout(PATIENCE_S):
            await self.socket.wait_closed()
        return self.socket.close_code

    async def close(self) -> None:
        await self.socket.close()
        await self._reading
