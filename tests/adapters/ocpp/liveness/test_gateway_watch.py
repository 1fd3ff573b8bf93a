"""Gateways that die, stall and stop, on a real log with the real kernel: what their chargers count at then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.ocpp.liveness.gateway_watch import GatewayWatch
from adapters.ocpp.liveness.heartbeat import GatewayHeartbeat
from domain.load_control.heartbeats import BEAT_MS, LOOK_MS, REASON, SILENCE_MS
from domain.records.load import ChargerConnected, ChargerDisconnected
from domain.records.observations import Disconnected
from tests.adapters.ocpp.charger import PATIENCE_S
from tests.adapters.ocpp.site import Site

STEP_MS = LOOK_MS
TURNS = 5
"""Of the event loop: who was woken has begun to write."""
MAX_MA = 32_000


@dataclass
class Watched:
    """Gateways that publish heartbeats, and the watch over them."""

    site: Site
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def run(self, name: str, loop: Coroutine[Any, Any, None]) -> None:
        self.running[name] = asyncio.create_task(loop)

    async def stop(self, name: str) -> None:
        self.running[name].cancel()
        await asyncio.wait([self.running.pop(name)])

    async def live(self, name: str) -> None:
        heartbeat = GatewayHeartbeat(self.site.log, self.site.clock, name)
        await heartbeat.publish()
        self.run(name, heartbeat.run())

    async def watch(self) -> None:
        """Return once it listens; its first look is the next that is due."""
        self.run("watch", GatewayWatch(self.site.log, self.site.clock).run())
        async with asyncio.timeout(PATIENCE_S):
            while self.site.clock.next_due() != self.site.clock.now_ms() + LOOK_MS:
                await asyncio.sleep(0.001)

    async def kill(self, name: str) -> None:
        await self.stop(name)
        await self.site.kill(name)

    async def settled(self) -> None:
        for _ in range(2):
            for _ in range(TURNS):
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE_S):
                while not self.site.log.quiet():
                    await asyncio.sleep(0.001)

    async def after(self, wait_ms: int) -> None:
        """Let time pass, as slowly as they look."""
        until_ms = self.site.clock.now_ms() + wait_ms
        while self.site.clock.now_ms() < until_ms:
            self.site.clock.advance_to(min(until_ms, self.site.clock.now_ms() + STEP_MS))
            await self.settled()


@pytest.fixture
async def watched(site: Site) -> AsyncIterator[Watched]:
    """Gateways A and B live, and are watched."""
    made = Watched(site)
    for name in ("A", "B"):
        await made.live(name)
    await made.watch()
    yield made
    for name in list(made.running):
        await made.stop(name)


async def test_what_a_dead_gateway_held_counts_as_disconnected_and_nothing_else_does(watched: Watched) -> None:
    site = watched.site
    await site.register("CP2")
    await site.connect("A")
    await site.connect("B", "CP2")
    await watched.after(5 * BEAT_MS)
    assert (site.counted_ma("CP1"), site.counted_ma("CP2")) == (0, 0)

    await watched.kill("A")
    await watched.after(SILENCE_MS - STEP_MS)
    assert site.counted_ma("CP1") == 0, "it may be but late"
    await watched.after(STEP_MS + LOOK_MS)
    (lost,) = await site.events(ChargerDisconnected)
    assert (lost.charger_id, lost.reason) == ("CP1", REASON)
    assert (site.counted_ma("CP1"), site.counted_ma("CP2")) == (MAX_MA, 0)

    await watched.after(3_600_000)
    assert len(await watched.site.given(Disconnected)) == 1


async def test_a_gateway_that_stops_in_order_leaves_nothing_to_give_up(watched: Watched) -> None:
    await watched.site.connect("A")
    await watched.site.gateways["A"].close()
    await watched.stop("A")
    await watched.after(5 * SILENCE_MS)
    assert [one.reason for one in await watched.site.given(Disconnected)] == ["1001"]


async def test_a_charger_that_has_left_a_dead_gateway_is_not_given_up(watched: Watched) -> None:
    await watched.site.connect("A")
    await watched.kill("A")
    await watched.site.connect("B")
    await watched.after(5 * SILENCE_MS)
    assert await watched.site.given(Disconnected) == []


async def test_a_watch_that_starts_again_gives_everybody_time_anew(watched: Watched) -> None:
    await watched.site.connect("A")
    await watched.stop("watch")
    await watched.kill("A")
    await watched.after(10 * SILENCE_MS)
    await watched.watch()
    await watched.after(SILENCE_MS - STEP_MS)
    assert await watched.site.given(Disconnected) == []
    await watched.after(STEP_MS)
    assert [one.reason for one in await watched.site.given(Disconnected)] == [REASON]


async def test_a_socket_that_was_given_up_by_mistake_is_told_again_and_goes_on(watched: Watched) -> None:
    site = watched.site
    charger = await site.connect("A")
    await charger.accept("SetChargingProfile")
    await watched.stop("A")
    await watched.after(SILENCE_MS)
    again = await site.event(ChargerConnected, 2)
    first = (await site.events(ChargerConnected))[0]
    await watched.live("A")

    assert len(await site.events(ChargerDisconnected)) == 1
    assert (again.connection_id, again.gateway_id) == (first.connection_id, "A")
    assert (first.epoch, again.epoch) == (1, 2)
    await charger.accept("SetChargingProfile")
    assert (await charger.call("Heartbeat", {}))[0] == 3
    assert site.counted_ma("CP1") == MAX_MA, "it was out of reach, and its queue may not be through"
    await watched.after(10 * SILENCE_MS)
    assert site.counted_ma("CP1") == 0
    assert len(await watched.site.given(Disconnected)) == 1

    await watched.kill("A")
    await watched.after(SILENCE_MS + LOOK_MS)
    assert len(await site.events(ChargerDisconnected)) == 2, "a later death is another one"
