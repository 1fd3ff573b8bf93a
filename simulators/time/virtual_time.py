"""Virtual time with its alarms and coroutines; only the world moves it.

A part of the world that acts step by step (a driver, the boot of a charge point) is a coroutine started with `spawn`.
It waits only through `sleep_until`, a `Signal` or `park`, so the world knows when the work of an instant is done.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TypeVar

T = TypeVar("T")


class Alarm:
    """An action at an instant; `cancel` withdraws it."""

    __slots__ = ("action", "at_ms")

    def __init__(self, at_ms: int, action: Callable[[], object]) -> None:
        self.at_ms = at_ms
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        self.action = None


class VirtualTime:
    """The clock of a simulated world, ms since 1970 UTC, with its alarms and its running coroutines."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._alarms: list[tuple[int, int, Alarm]] = []
        self._order = count()
        self._awake = 0
        self._all_parked = asyncio.Event()
        self._all_parked.set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._failure: BaseException | None = None
        self.arrived = asyncio.Event()
        """Set when a frame has arrived, or a connection was lost."""
        self.wakes = 0
        """Number of times that a coroutine began or continued; unchanged: nothing happened in between."""
        self.overdue = 0
        """Number of times that a coroutine exceeded the backstop."""

    @property
    def now_ms(self) -> int:
        """ms since 1970 UTC."""
        return self._now_ms

    def go_to(self, now_ms: int) -> None:
        """Move time to an instant; alarms that are due are fired by `fire_due`."""
        self._now_ms = now_ms

    @property
    def now_text(self) -> str:
        """Now as RFC 3339, UTC, in milliseconds."""
        return rfc3339(self.now_ms)

    # Alarms

    def at(self, at_ms: int, action: Callable[[], object]) -> Alarm:
        """Call `action` when the world fires the alarms due at `at_ms`; one in the past is due at once."""
        alarm = Alarm(max(at_ms, self.now_ms), action)
        heapq.heappush(self._alarms, (alarm.at_ms, next(self._order), alarm))
        return alarm

    def next_ms(self) -> int | None:
        """When the next alarm is due, None where there is none."""
        while self._alarms and self._alarms[0][2].action is None:
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def fire_due(self) -> bool:
        """Fire the alarms that are due, by time, then by the order of their calls; whether there were any."""
        fired = False
        while (due_ms := self.next_ms()) is not None and due_ms <= self.now_ms:
            alarm = heapq.heappop(self._alarms)[2]
            action, alarm.action = alarm.action, None
            assert action is not None
            action()
            fired = True
        return fired

    # Coroutines

    def spawn(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        """Run `work` in this world; `quiet` raises its failure."""
        self._wake()
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def attend(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        """Run work that only waits for the outside (a socket's reader); `quiet` does not wait for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._gone)
        return task

    async def park(self, future: asyncio.Future[T]) -> T:
        """Wait for a future that a frame, an alarm or another coroutine resolves."""
        if not future.done():
            # Registered before the coroutine itself: it counts as awake again before it goes on.
            future.add_done_callback(self._wake)
            self._rest()
        return await future

    async def sleep_until(self, at_ms: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.at(at_ms, partial(_resolve, future, None))
        await self.park(future)

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self.now_ms + round(seconds * 1000))

    async def quiet(self, backstop_s: float = 10.0) -> None:
        """Wait until every coroutine waits for something later, or has ended; raise what one of them raised.

        A call that takes longer than `backstop_s` of wall time (it waits for a decision that needs time to pass) is
        left running.
        """
        await asyncio.sleep(0)  # what was just woken counts from here on
        if self._awake:
            try:
                async with asyncio.timeout(backstop_s):
                    while self._awake:
                        await self._all_parked.wait()
            except TimeoutError:
                self.overdue += 1
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """End the coroutines that still run."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self, _: object = None) -> None:
        self._awake += 1
        self.wakes += 1
        self._all_parked.clear()

    def _rest(self) -> None:
        self._awake -= 1
        if not self._awake:
            self._all_parked.set()

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._rest()
        self._gone(task)

    def _gone(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None and self._failure is None:
            self._failure = failure
            self.arrived.set()


class Signal:
    """A signal that any number of coroutines may wait for."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._waiting: set[asyncio.Future[bool]] = set()

    def fire(self) -> None:
        """Wake all that wait now."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            _resolve(future, True)

    async def wait(self, until_ms: int | None = None) -> bool:
        """True when it fires; False where `until_ms` comes first."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        alarm = None
        if until_ms is not None:
            alarm = self._time.at(until_ms, partial(_resolve, future, False))
        try:
            return await self._time.park(future)
        finally:
            self._waiting.discard(future)
            if alarm is not None:
                alarm.cancel()


class Repeater:
    """An action at every multiple of an interval, counted from some phase."""

    def __init__(self, time: VirtualTime, action: Callable[[], object]) -> None:
        self._time = time
        self._do = action
        self._alarm: Alarm | None = None
        self._every_ms = 0

    def every(self, interval_s: int, phase_ms: int = 0) -> None:
        """From now on; 0 s stops it."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._every_ms = interval_s * 1000
        if self._every_ms:
            since_ms = (self._time.now_ms - phase_ms) % self._every_ms
            self._alarm = self._time.at(self._time.now_ms + self._every_ms - since_ms, self._again)

    def _again(self) -> None:
        self._alarm = self._time.at(self._time.now_ms + self._every_ms, self._again)
        self._do()


def _resolve(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def rfc3339(instant_ms: int) -> str:
    """An instant (ms since 1970) as RFC 3339, UTC."""
    seconds, ms = divmod(instant_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03}Z"


def parse_ms(text: str) -> int:
    """ms since 1970 of an RFC 3339 instant; without an offset it is UTC (OCPP 1.6 recommends UTC)."""
    instant = datetime.fromisoformat(text.strip())
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)
