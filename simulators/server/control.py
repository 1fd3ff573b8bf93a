"""The control socket of the server, which keeps virtual time equal on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import orjson

from simulators.server.patience import patiently

_LONGEST_LINE = 1 << 20


class ControlFailed(Exception):
    """The control socket is gone, or the server could not advance."""


class ControlLost(ControlFailed):
    """The control socket is gone: the server may come back."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """The server's time, when its next timer is due, and the frames it wrote on each charger's current socket."""

    now_ms: int
    next_timer_ms: int | None
    sent: Mapping[str, int]


class Control:
    """Asks for one advance at a time, one JSON object a line.

    A server that goes away is waited for, at most for `patience_s` of wall time, and asked again.
    """

    def __init__(self, host: str, port: int, patience_s: float) -> None:
        self._host = host
        self._port = port
        self._patience_s = patience_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @classmethod
    async def connect(cls, host: str, port: int, patience_s: float = 0.0) -> Control:
        """Connect. Raises `ControlFailed` where no server listens."""
        control = cls(host, port, patience_s)
        await patiently(control._open, ControlLost, patience_s)
        return control

    async def advance(self, to_ms: int, sent: Mapping[str, int]) -> Advanced:
        """Move the server to `to_ms`, after it has read the frames that were sent. Raises `ControlFailed`."""
        question = orjson.dumps({"advance": to_ms, "sent": sent}) + b"\n"
        line = await patiently(lambda: self._ask(question), ControlLost, self._patience_s)
        answer = orjson.loads(line)
        if "now" not in answer:
            raise ControlFailed(f"advance to {to_ms}: {line.decode().strip()}")
        return Advanced(answer["now"], answer["next_timer"], answer["sent"])

    async def close(self) -> None:
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            with suppress(OSError):  # the server may have gone first
                await writer.wait_closed()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_LINE)
        except OSError as error:
            raise ControlLost(f"{self._host}:{self._port}: {error}") from None
        return self._streams

    async def _ask(self, question: bytes) -> bytes:
        reader, writer = self._streams or await self._open()
        try:
            writer.write(question)
            await writer.drain()
            if line := await reader.readline():
                return line
            lost = "the server closed the control socket"
        except OSError as error:
            lost = str(error)
        await self.close()
        raise ControlLost(lost)
