"""The control socket of a simulated server: virtual time goes on only when everything before has been handled.

One JSON object a line over TCP on 127.0.0.1. Asked {"advance": T_ms, "sent": {ocpp_id: frames}}, it waits until the
frames have been read, fires every timer due up to T in order, and answers, once all is quiet,
{"now": ms, "next_timer": ms | null, "sent": {ocpp_id: frames}}.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson

from adapters.clock import SimulatedClock
from adapters.ocpp.gateway import Gateway

LINE_LIMIT = 1 << 20
PATIENCE_S = 0.001
"""What happens without the log (a frame written, a timer armed) is noticed this soon."""
TURNS = 3
"""Of the event loop: a woken task, what it wakes in turn, and one more."""


class Control:
    """Serves the control socket.

    `quiet` says whether nothing is left to be done at the present moment, `moved` waits a while for that to change.
    """

    def __init__(
        self,
        clock: SimulatedClock,
        gateway: Gateway,
        quiet: Callable[[], bool],
        moved: Callable[[float], Awaitable[None]],
    ) -> None:
        self.clock = clock
        self.gateway = gateway
        self.quiet = quiet
        self.moved = moved

    async def start(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", port, limit=LINE_LIMIT)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(orjson.dumps(await self._answer(line)) + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = orjson.loads(line)
            to_ms, sent = request["advance"], request.get("sent", {})
            return await self.advance(to_ms, sent)
        except (ValueError, KeyError, TypeError) as error:
            return {"error": f"advance needs a time in ms that is not past: {error}"}

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
