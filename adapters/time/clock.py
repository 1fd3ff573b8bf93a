"""The clock service: system time, or simulated time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time

LONGEST_NAP_S = 1.0
"""The longest sleep at once, so that a wall clock that is set forward is noticed."""


class SystemClock:
    """Wall time, which never goes back: it stands still while the system's clock is behind."""

    def __init__(self) -> None:
        self._latest_ms = 0

    def now_ms(self) -> int:
        """The time in ms since 1970 UTC."""
        self._latest_ms = max(self._latest_ms, time.time_ns() // 1_000_000)
        return self._latest_ms

    async def sleep_until(self, due_ms: int) -> None:
        """Return once the clock has reached `due_ms`."""
        while (left_ms := due_ms - self.now_ms()) > 0:
            await asyncio.sleep(min(left_ms / 1000, LONGEST_NAP_S))


class SimulatedClock:
    """Virtual time. `advance_to` moves it, and wakes the sleepers that are due, the earliest first."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms
        self._order = itertools.count()
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        """The time in ms since 1970 UTC."""
        return self._now_ms

    async def sleep_until(self, due_ms: int) -> None:
        """Return once the clock has reached `due_ms`."""
        if due_ms <= self._now_ms:
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (due_ms, next(self._order), waiter))
        await waiter

    def next_due(self) -> int | None:
        """The time at which the earliest sleeper is due, in ms; None: nobody sleeps."""
        while self._waiters and self._waiters[0][2].done():
            heapq.heappop(self._waiters)
        return self._waiters[0][0] if self._waiters else None

    def advance_to(self, now_ms: int) -> None:
        """Set the time. Raises `ValueError` for a time before the present one."""
        if now_ms < self._now_ms:
            raise ValueError(f"time does not go back from {self._now_ms} to {now_ms}")
        self._now_ms = now_ms
        while (due_ms := self.next_due()) is not None and due_ms <= now_ms:
            heapq.heappop(self._waiters)[2].set_result(None)
