"""Keepalive: any byte is life. Time is a test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedOK

from adapters.ocpp.liveness.keepalive import Keepalive
from adapters.ocpp.settings import Settings

SETTINGS = Settings(ping_interval_s=30, ping_timeout_s=30, heartbeat_interval_s=300)


class Socket:
    """A socket and its time. `at` gives what happens before it is looked at again."""

    def __init__(self, happens: Callable[[Socket], None]) -> None:
        self.heard_s = 0.0
        self.now_s = 0.0
        self.pongs = False
        self.pings: list[float] = []
        self.closed: list[tuple[int, str]] = []
        self._happens = happens

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)
        self._happens(self)

    async def ping(self) -> Awaitable[float]:
        if self.closed:
            raise ConnectionClosedOK(None, None)
        self.pings.append(self.now_s)
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        if self.pongs:
            answer.set_result(0.1)
            self.heard_s = self.now_s
        return answer

    async def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    async def live(self, settings: Settings = SETTINGS) -> float:
        """When it was given up, or closed by the charger."""
        await Keepalive(self, settings, lambda: self.now_s, self.sleep).run()
        return self.now_s


async def test_a_charger_that_never_answers_pings_but_sends_frames_stays() -> None:
    def heartbeats(socket: Socket) -> None:
        if socket.now_s % 300 == 0:
            socket.heard_s = socket.now_s
        if socket.now_s >= 7_200:
            socket.closed.append((1000, "by itself"))

    socket = Socket(heartbeats)
    assert await socket.live() == 7_200
    assert socket.closed == [(1000, "by itself")]
    assert len(socket.pings) == 239


async def test_it_is_given_up_after_three_heartbeats_in_silence() -> None:
    socket = Socket(lambda _: None)
    assert await socket.live() == 930
    assert socket.closed == [(1011, "silent for too long")]


async def test_a_charger_that_answers_pings_and_stops_is_given_up_soon() -> None:
    def answers_for_a_while(socket: Socket) -> None:
        socket.pongs = socket.now_s < 300

    socket = Socket(answers_for_a_while)
    assert await socket.live() == 360
    assert socket.closed == [(1011, "silent for too long")]


@pytest.mark.parametrize(("settings", "ends_s"), [({"ping_interval_s": None}, 1_200), ({"ping_timeout_s": None}, 930)])
async def test_without_pings_or_a_time_for_their_answers_heartbeats_count(settings: Any, ends_s: float) -> None:
    def answers(socket: Socket) -> None:
        socket.pongs = False

    socket = Socket(answers)
    assert await socket.live(Settings(**{"heartbeat_interval_s": 300, "ping_interval_s": 30, **settings})) == ends_s
    assert bool(socket.pings) == ("ping_interval_s" not in settings)
