"""The server's control socket: how virtual time is kept the same on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

_LONGEST_LINE = 1 << 20


class ControlFailed(Exception):
    """The control socket is gone, or the server could not advance."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """The server's time, when its next timer is due, and the frames it wrote on each charger's current socket."""

    now_ms: int
    next_timer_ms: int | None
    sent: Mapping[str, int]


class Control:
    """Asks for one advance at a time, one JSON object a line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, host: str, port: int) -> Control:
        """Raises `ControlFailed`."""
        try:
            return cls(*await asyncio.open_connection(host, port, limit=_LONGEST_LINE))
        except OSError as error:
            raise ControlFailed(f"{host}:{port}: {error}") from None

    async def advance(self, to_ms: int, sent: Mapping[str, int]) -> Advanced:
        """Move the server to `to_ms`, after it has read the frames that were sent. Raises `ControlFailed`."""
        try:
            self._writer.write(orjson.dumps({"advance": to_ms, "sent": sent}) + b"\n")
            await self._writer.drain()
            line = await self._reader.readline()
        except OSError as error:
            raise ControlFailed(str(error)) from None
        if not line:
            raise ControlFailed("the server closed the control socket")
        told = orjson.loads(line)
        if "now" not in told:
            raise ControlFailed(f"advance to {to_ms}: {line.decode().strip()}")
        return Advanced(told["now"], told["next_timer"], told["sent"])

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()
