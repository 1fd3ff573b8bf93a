"""The line between a charger and the gateway: frames take their time, some are lost, and it can be cut.

A cut is noticed by the charger at once, as by a closed socket, or by nobody until somebody misses an answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close, CloseCode

from commands.ports.directory import ChargerIdentity
from simulators.charger.dial import CouldNotConnect, Socket

Serve = Callable[["GatewayEnd"], Awaitable[None]]


@dataclass(slots=True)
class Weather:
    """What a line does to frames: some are lost, and of the others some are late."""

    random: Random
    loss: float = 0.0
    late: float = 0.1
    latest_ms: int = 2_000

    def delay_s(self) -> float:
        """How long the next frame takes, in whole ms."""
        return self.random.randrange(self.latest_ms) / 1000 if self.random.random() < self.late else 0.0


@dataclass(slots=True, eq=False)
class Way:
    """One direction of a connection; frames arrive in their order."""

    weather: Weather
    arrived: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    under_way: deque[str] = field(default_factory=deque)
    last_s: float = 0.0
    closed: bool = False

    def send(self, text: str) -> None:
        weather = self.weather
        if self.closed or weather.random.random() < weather.loss:
            return
        loop = asyncio.get_running_loop()
        self.last_s = max(self.last_s, loop.time() + weather.delay_s())
        self.under_way.append(text)
        if self.last_s > loop.time():
            loop.call_at(self.last_s, self._arrive)
        else:
            self._arrive()

    def _arrive(self) -> None:
        """The next one arrives: what the loop does at one instant has no order of its own."""
        text = self.under_way.popleft()
        if not self.closed:
            self.arrived.put_nowait(text)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.arrived.put_nowait(None)

    async def receive(self) -> str:
        text = None if self.closed and self.arrived.empty() else await self.arrived.get()
        if text is None:
            raise ConnectionClosedError(Close(CloseCode.ABNORMAL_CLOSURE, ""), None)
        return text


class GatewayEnd:
    """`adapters.ocpp.charger_socket.OpenSocket` of a simulated line."""

    def __init__(self, ocpp_id: str, charger: ChargerIdentity, up: Way, down: Way) -> None:
        self.ocpp_id = ocpp_id
        self.charger = charger
        self.received = 0
        self.sent = 0
        self.heard_s = asyncio.get_running_loop().time()
        self.close_code: int | None = None
        self._up = up
        self._down = down

    async def read_frame(self) -> str:
        text = await self._up.receive()
        self.heard_s = asyncio.get_running_loop().time()
        self.received += 1
        return text

    async def write_frame(self, frame: bytes) -> None:
        if self.close_code is None:
            self.sent += 1
            self._down.send(frame.decode())

    async def ping(self) -> Awaitable[float]:
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        if self._down.closed:
            return answered
        self.heard_s = asyncio.get_running_loop().time()
        answered.set_result(0.0)
        return answered

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        self.lose(code)

    def lose(self, code: int = CloseCode.ABNORMAL_CLOSURE) -> None:
        """The connection is over, for both ends."""
        if self.close_code is None:
            self.close_code = code
            self._up.close()
            self._down.close()


class ChargerEnd:
    """`simulators.charger.dial.Socket` of a simulated line."""

    def __init__(self, up: Way, down: Way, gateway_end: GatewayEnd) -> None:
        self._up = up
        self._down = down
        self._gateway_end = gateway_end

    async def send(self, text: str) -> None:
        if self._up.closed:
            raise ConnectionClosedError(Close(CloseCode.ABNORMAL_CLOSURE, ""), None)
        self._up.send(text)

    async def receive(self) -> str:
        return await self._down.receive()

    def abort(self) -> None:
        self._gateway_end.lose()

    async def close(self) -> None:
        self._gateway_end.lose(CloseCode.NORMAL_CLOSURE)


class Line:
    """A charger's line to the gateway that serves now; `serve` None: nobody does."""

    def __init__(self, ocpp_id: str, charger: ChargerIdentity, weather: Weather) -> None:
        self.ocpp_id = ocpp_id
        self.serve: Serve | None = None
        self._cuts = 0
        self._charger = charger
        self._weather = weather
        self._open: GatewayEnd | None = None

    async def dial(self, url: str, authorization: str) -> Socket:
        """Connect to the gateway. Raises `CouldNotConnect`."""
        if self._cuts or self.serve is None:
            raise CouldNotConnect(f"{url}: no way to the gateway")
        up, down = Way(self._weather), Way(self._weather)
        self._open = end = GatewayEnd(self.ocpp_id, self._charger, up, down)
        self._serving = asyncio.ensure_future(self.serve(end))
        return ChargerEnd(up, down, end)

    def cut(self) -> None:
        """Nothing gets through until it was mended as often."""
        self._cuts += 1
        self.drop()

    def mend(self) -> None:
        self._cuts -= 1

    def drop(self) -> None:
        """The open connection is lost."""
        if self._open is not None:
            self._open.lose()
