"""The simulated world: it advances time, physics, people and the server together, instant by instant.

A step: go to the next instant with any work; let the currents flow until then; advance the server to it and wait until
both sides have sent and received everything; then fire what is due here, and settle again. While the server is away
there is no advance, so time stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from time import monotonic

from simulators.charger.charge_point import ChargePoint
from simulators.charger.outlet import Outlet
from simulators.server.control import Advanced, Control
from simulators.server.real_time import RealTime
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import Truth

LONGEST_STEP_MS = 30_000
_PATIENCE_S = 30.0
_ASK_AGAIN_S = 1.0


class NotSettled(Exception):
    """Frames that the server reported as sent have not arrived."""


class World:
    """Charge points with their cars, coupled to a server by its control socket, or by the wall clock alone.

    `speed`: at most so many simulated seconds pass in a second of the wall clock; None: as fast as it goes.
    """

    def __init__(
        self, time: VirtualTime, control: Control | RealTime, truth: Truth, speed: float | None = None
    ) -> None:
        self.time = time
        self.truth = truth
        self.points: list[ChargePoint] = []
        self.steps = 0
        self._control = control
        self._speed = speed
        self._server_timer_ms: int | None = None
        self._settled: tuple[dict[str, int], int] | None = None

    def outlets(self) -> Iterator[Outlet]:
        """The outlets of all charge points."""
        for point in self.points:
            yield from point.outlets.values()

    async def run(self, scenario: Coroutine[object, object, object]) -> None:
        """Run until the scenario is over. Raises the failure of any part of the world."""
        started_s, started_ms = monotonic(), self.time.now_ms
        await self._settle()  # the server's time is the world's before anybody asks it anything
        playing = self.time.spawn(scenario)
        await self._act()
        while not playing.done():
            await self.step()
            if self._speed:
                ahead_s = (self.time.now_ms - started_ms) / 1000 / self._speed - (monotonic() - started_s)
                await asyncio.sleep(max(0.0, ahead_s))
        await self.time.quiet()

    async def step(self) -> None:
        """Go to the next instant that matters."""
        self.steps += 1
        self._flow(self._next_ms())
        await self._act()

    async def _act(self) -> None:
        """Let the server act at this instant, then everybody here, until nothing more comes of it.

        The server goes first: frames sent before its time has advanced would reach it too early.
        """
        await self._settle()
        for point in self.points:
            point.refresh()
        while self.time.fire_due() or self._activity() != self._settled:
            await self._settle()

    def _next_ms(self) -> int:
        now_ms = self.time.now_ms
        instants = [now_ms + LONGEST_STEP_MS, self.time.next_ms(), self._server_timer_ms]
        instants += [outlet.connector.steady_until_ms() for outlet in self.outlets()]
        return min(instant for instant in instants if instant is not None and instant > now_ms)

    def _flow(self, until_ms: int) -> None:
        """Let the currents flow: in one go while they are steady, in steps of at most 1 s while they change."""
        time = self.time
        live = {outlet.id: outlet.connector for outlet in self.outlets() if outlet.connector.is_live}
        while time.now_ms < until_ms:
            now_ms = time.now_ms
            for connector in live.values():
                connector.steer()
            steady_ms = min((connector.steady_until_ms() for connector in live.values()), default=until_ms)
            edge_ms = self.truth.next_change_ms(now_ms)
            to_ms = min(until_ms, steady_ms if steady_ms > now_ms else now_ms - now_ms % 1000 + 1000)
            if edge_ms is not None:
                to_ms = min(to_ms, edge_ms)
            currents_a = {outlet_id: connector.currents_a() for outlet_id, connector in live.items()}
            self.truth.record(currents_a, now_ms, to_ms)
            for connector in live.values():
                connector.charge(now_ms, to_ms)
            time.go_to(to_ms)

    async def _settle(self) -> None:
        """Wait until neither side has anything left to send at this instant."""
        while True:
            await self.time.quiet()
            self._settled = self._activity()
            advanced = await self._advance(self._sent())
            await self.time.quiet()
            if self._activity() == self._settled:
                self._server_timer_ms = advanced.next_timer_ms
                return

    def _activity(self) -> tuple[dict[str, int], int]:
        """A fingerprint of all activity here. A REST call shows in no frame, but it wakes a coroutine."""
        return self._sent(), self.time.wakes

    async def _advance(self, sent: dict[str, int]) -> Advanced:
        """Advance the server to this instant, and receive all frames that it sent."""
        patience_until_s = monotonic() + _PATIENCE_S
        while True:
            advanced = await self._control.advance(self.time.now_ms, sent)
            if await self._received(advanced):
                return advanced
            if monotonic() > patience_until_s:
                raise NotSettled(f"frames are missing from {', '.join(self._behind(advanced))}")

    async def _received(self, advanced: Advanced) -> bool:
        """Wait a while for the announced frames; whether all have arrived."""
        try:
            async with asyncio.timeout(_ASK_AGAIN_S):
                while self._behind(advanced):
                    self.time.arrived.clear()
                    await self.time.arrived.wait()
        except TimeoutError:
            return False
        return True

    def _behind(self, advanced: Advanced) -> list[str]:
        return [
            point.ocpp_id
            for point in self.points
            if point.link.connected and point.link.received < advanced.sent.get(point.ocpp_id, 0)
        ]

    def _sent(self) -> dict[str, int]:
        return {point.ocpp_id: point.link.sent for point in self.points if point.link.connected}
