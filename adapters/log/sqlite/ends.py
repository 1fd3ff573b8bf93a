"""The last offset of each topic, and waiting for a topic to grow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

LOOK_S = 0.2


class Ends:
    """The last offset of each topic, for use on the event loop only."""

    def __init__(self, last: Mapping[str, int]) -> None:
        self._last = dict(last)
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._moved = asyncio.Event()
        self.closed = False

    def last(self, topic: str) -> int:
        """The last offset of a topic; 0: empty."""
        return self._last.get(topic, 0)

    def advance(self, topic: str, offset: int) -> None:
        """The topic has grown to an offset."""
        if offset > self.last(topic):
            self._last[topic] = offset
            self.wake(topic)

    def wake(self, topic: str) -> None:
        """Let all calls of `changed` return."""
        for waiter in self._waiting.pop(topic, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def changed(self, topic: str) -> None:
        """Return when the topic grows after this call, is woken, or the log is closed."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, set()).add(waiter)
        try:
            await waiter
        finally:
            self._waiting.get(topic, set()).discard(waiter)

    def note_write(self) -> None:
        """A write is finished."""
        self._moved.set()

    async def moved(self, timeout_s: float) -> None:
        """Return when a write is finished, or after `timeout_s`."""
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._moved.wait()

    def close(self) -> None:
        """The log is closed."""
        self.closed = True
        for topic in tuple(self._waiting):
            self.wake(topic)


class FollowedEnds(Ends):
    """The ends of a log that another process writes: it looks every `LOOK_S` seconds."""

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
