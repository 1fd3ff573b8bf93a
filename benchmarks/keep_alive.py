"""HTTP/1.1 on connections that stay open: as little work as can be, since the client shares the machine's cores."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any

import orjson

IDLE_S = 3.0
"""An idle connection is not used again after this time: the server closes it after 5 s."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class KeepAlive:
    """Sends JSON below /api/v1 of `host:port`, on as many connections as there are calls under way."""

    def __init__(self, host: str, port: int) -> None:
        self.bearer = ""
        self._host = host
        self._port = port
        self._idle: list[tuple[float, Streams]] = []

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """The status and the body of the answer. Raises `OSError`, `EOFError` where there is none."""
        reader, writer = await self._connection()
        content = b"" if body is None else orjson.dumps(body)
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self.bearer}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        answered = await reader.readuntil(b"\r\n\r\n")
        answer = orjson.loads(await reader.readexactly(_length(answered)))
        self._idle.append((monotonic(), (reader, writer)))
        return int(answered[9:12]), answer

    async def close(self) -> None:
        for _, (_, writer) in self._idle:
            writer.close()

    async def _connection(self) -> Streams:
        """The one that was used last, or a new one."""
        if self._idle:
            unused_since_s, streams = self._idle.pop()
            if monotonic() - unused_since_s < IDLE_S:
                return streams
            streams[1].close()
        return await asyncio.open_connection(self._host, self._port)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])
