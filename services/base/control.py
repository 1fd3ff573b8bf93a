"""The control socket of a simulated server: virtual time advances only when everything before has been handled.

One JSON object a line over TCP on 127.0.0.1. Asked {"advance": T_ms, "sent": {ocpp_id: frames}}, it waits until the
frames have been read, fires every timer due up to T in order, and answers, once all is quiet,
{"now": ms, "next_timer": ms | null, "sent": {ocpp_id: frames}}. A bad line is answered with {"error": reason}.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.time.clock import SimulatedClock

HOST = "127.0.0.1"
LINE_LIMIT = 1 << 20
PATIENCE_S = 0.001
"""Interval of the checks for changes that are not on the log: a frame written, a timer armed."""
TURNS = 3
"""Turns of the event loop: a woken task, the task that it wakes, and one more."""


class Request(BaseModel):
    """A line of the simulated world: advance to `advance` (ms since 1970 UTC) once these frames have been read."""

    model_config = ConfigDict(strict=True, extra="forbid")

    advance: Annotated[int, Field(ge=0, lt=1 << 53)]
    sent: dict[str, int] = {}


class Time(Protocol):
    """The time of a simulated platform, in one process or in many."""

    def now_ms(self) -> int: ...

    def next_due(self) -> int | None:
        """When the earliest timer is due; None: there is none."""

    def advance_to(self, now_ms: int) -> None:
        """Set the time. Raises `ValueError` where that would be a step back."""

    def frames(self) -> Mapping[str, tuple[int, int]]:
        """Frames (read, written) on each charger's socket, by OCPP identity."""

    async def moved(self) -> None:
        """Wait a moment for frames to be read."""

    async def settled(self) -> None:
        """Return once no work is left at the present moment."""


class TimeHere:
    """The time of one process. `quiet` is whether no work is left; `moved` waits a while for that to change."""

    def __init__(
        self,
        clock: SimulatedClock,
        frames: Callable[[], Mapping[str, tuple[int, int]]],
        quiet: Callable[[], bool],
        moved: Callable[[float], Awaitable[None]],
    ) -> None:
        self.now_ms = clock.now_ms
        self.next_due = clock.next_due
        self.advance_to = clock.advance_to
        self.frames = frames
        self._quiet = quiet
        self._moved = moved

    async def moved(self) -> None:
        await self._moved(PATIENCE_S)

    async def settled(self) -> None:
        """Return once it is quiet, and quiet again after the tasks just woken had their turn."""
        while not (self._quiet() and await self._still_quiet()):
            await self.moved()

    async def _still_quiet(self) -> bool:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return self._quiet()


class Control:
    """The server of the control socket."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[int]:
        """Listen on `port` (0: a free one) and yield it; in the end no connection is left, even amid an advance."""
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
        """Advance the time to `to_ms`. Raises `ValueError` where that is past."""
        time = self.time
        while any(read < sent.get(charger, 0) for charger, (read, _) in time.frames().items()):
            await time.moved()
        await time.settled()
        while (due := time.next_due()) is not None and due <= to_ms:
            time.advance_to(max(due, time.now_ms()))
            await time.settled()
        time.advance_to(to_ms)
        await time.settled()
        frames = {charger: count for charger, (_, count) in time.frames().items()}
        return {"now": time.now_ms(), "next_timer": time.next_due(), "sent": frames}


def _field(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc)) or "line"
