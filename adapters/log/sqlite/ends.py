"""Where each topic ends, and who waits for it to go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

LOOK_S = 0.2


class Ends:
    """The last offset of each topic. Used on the event loop only."""

    def __init__(self, last: Mapping[str, int]) -> None:
        self._last = dict(last)
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._moved = asyncio.Event()
        self.closed = False

    def last(self, topic: str) -> int:
        return self._last.get(topic, 0)

    def advance(self, topic: str, offset: int) -> None:
        if offset > self.last(topic):
            self._last[topic] = offset
            self.wake(topic)

    def wake(self, topic: str) -> None:
        for waiter in self._waiting.pop(topic, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def changed(self, topic: str) -> None:
        """Return when the topic has grown, was woken, or the log closes. Look first: what was before doesn't count."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, set()).add(waiter)
        try:
            await waiter
        finally:
            self._waiting.get(topic, set()).discard(waiter)

    def stir(self) -> None:
        """A write was answered."""
        self._moved.set()

    async def moved(self, timeout_s: float) -> None:
        """Return when a write was answered, or after `timeout_s`."""
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._moved.wait()

    def close(self) -> None:
        self.closed = True
        for topic in tuple(self._waiting):
            self.wake(topic)


class FollowedEnds(Ends):
    """Of a log that another process writes: nobody tells, so it looks every `LOOK_S` seconds."""

    def __init__(self, last: Mapping[str, int], look: Callable[[], Awaitable[Mapping[str, int]]]) -> None:
        super().__init__(last)
        self._look = look

    async def changed(self, topic: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await super().changed(topic)
        if not self.closed:
            for name, offset in (await self._look()).items():
                self.advance(name, offset)
