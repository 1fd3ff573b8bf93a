"""The control socket of a simulated server: virtual time goes on only when everything before has been handled.

One JSON object a line over TCP on 127.0.0.1. Asked {"advance": T_ms, "sent": {ocpp_id: frames}}, it waits until the
frames have been read, fires every timer due up to T in order, and answers, once all is quiet,
{"now": ms, "next_timer": ms | null, "sent": {ocpp_id: frames}}. A bad line is answered with {"error": reason}.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.clock import SimulatedClock
from services.parts.part import Part

HOST = "127.0.0.1"
LINE_LIMIT = 1 << 20
PATIENCE_S = 0.001
"""What happens without the log (a frame written, a timer armed) is noticed this soon."""
TURNS = 3
"""Of the event loop: a woken task, what it wakes in turn, and one more."""


class Request(BaseModel):
    """A line of the simulated world: go on to `advance` (ms since 1970 UTC), when these frames have been read."""

    model_config = ConfigDict(strict=True, extra="forbid")

    advance: Annotated[int, Field(ge=0, lt=1 << 53)]
    sent: dict[str, int] = {}


class Control:
    """Serves the control socket.

    `quiet` says whether nothing is left to be done at the present moment, `moved` waits a while for that to change.
    """

    def __init__(
        self,
        clock: SimulatedClock,
        gateway: Part,
        quiet: Callable[[], bool],
        moved: Callable[[float], Awaitable[None]],
    ) -> None:
        self.clock = clock
        self.gateway = gateway
        self.quiet = quiet
        self.moved = moved
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[int]:
        """Listen on `port` (0: a free one) and give it; in the end no connection is left, even amid an advance."""
        server = await asyncio.start_server(self._connected, HOST, port, limit=LINE_LIMIT)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer), name="control connection")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(orjson.dumps(await self._answer(line)) + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        except ValueError:  # from `readline`: where the next line begins is unknown
            writer.write(orjson.dumps({"error": f"a line has at most {LINE_LIMIT} bytes"}) + b"\n")
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = Request.model_validate_json(line)
            return await self.advance(request.advance, request.sent)
        except ValidationError as error:
            return {"error": "; ".join(f"{_field(one['loc'])}: {one['msg']}" for one in error.errors())}
        except ValueError as error:
            return {"error": f"advance: {error}"}

    async def advance(self, to_ms: int, sent: Mapping[str, int]) -> dict[str, object]:
        """Let time go on to `to_ms`. Raises `ValueError` where that is past."""
        await self._frames_read(sent)
        await self._settled()
        while (due := self.clock.next_due()) is not None and due <= to_ms:
            self.clock.advance_to(max(due, self.clock.now_ms()))
            await self._settled()
        self.clock.advance_to(to_ms)
        await self._settled()
        frames = {charger: count for charger, (_, count) in self.gateway.frames().items()}
        return {"now": self.clock.now_ms(), "next_timer": self.clock.next_due(), "sent": frames}

    async def _frames_read(self, sent: Mapping[str, int]) -> None:
        while any(read < sent.get(charger, 0) for charger, (read, _) in self.gateway.frames().items()):
            await self.moved(PATIENCE_S)

    async def _settled(self) -> None:
        """Quiet, and quiet again when what was just woken has had its turn."""
        while not (self.quiet() and await self._still_quiet()):
            await self.moved(PATIENCE_S)

    async def _still_quiet(self) -> bool:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return self.quiet()


def _field(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc)) or "line"
