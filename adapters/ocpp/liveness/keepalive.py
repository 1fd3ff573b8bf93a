"""Keepalive of a charger's socket: whatever comes is life, and only silence ends it.

Pings keep the ways through the network open. A charger that has answered one is expected to go on; of one that never
did, its heartbeats count, so that it may be silent for longer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from adapters.ocpp.settings import Settings

MISSED_HEARTBEATS = 3

log = structlog.get_logger()


class PingedSocket(Protocol):
    """A socket, as far as its keepalive knows it; times are the event loop's, in seconds."""

    heard_s: float

    async def ping(self) -> Awaitable[float]:
        """Send a ping; the result is done when it is answered. Raises `ConnectionClosed`."""

    async def close(self, code: int = ..., reason: str = ...) -> None:
        """Close the socket."""


class Keepalive:
    """Of one socket. Without a `ping_interval_s` it sends no pings."""

    def __init__(
        self,
        socket: PingedSocket,
        settings: Settings,
        now_s: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._socket = socket
        self._ping_s = settings.ping_interval_s
        self._timeout_s = settings.ping_timeout_s
        self._longest_s = float(MISSED_HEARTBEATS * settings.heartbeat_interval_s)
        self._now_s = now_s
        self._sleep = sleep
        self._ping_answered = False

    async def run(self) -> None:
        """Return when the socket is closed, or given up."""
        while True:
            await self._sleep(self._ping_s or self._longest_s / MISSED_HEARTBEATS)
            silent_s = self._now_s() - self._socket.heard_s
            if silent_s > self._limit_s():
                log.warning("charger silent", seconds=round(silent_s), pings_answered=self._ping_answered)
                await self._socket.close(CloseCode.INTERNAL_ERROR, "silent for too long")
                return
            if self._ping_s and not await self._ping():
                return

    def _limit_s(self) -> float:
        if self._ping_s and self._timeout_s and self._ping_answered:
            return self._ping_s + self._timeout_s
        return self._longest_s

    async def _ping(self) -> bool:
        try:
            answered = asyncio.ensure_future(await self._socket.ping())
        except ConnectionClosed:
            return False
        answered.add_done_callback(self._answered)
        return True

    def _answered(self, answer: asyncio.Future[float]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            self._ping_answered = True
