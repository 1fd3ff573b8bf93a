"""The timekeeper: it fires the timers that streams have set, which are in the compacted topic `timers`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from adapters.first_completed import first_completed
from commands.log import topics
from commands.log.codec import decode, entry
from commands.ports.clock import Clock
from commands.ports.log import Log, Output, Stored
from domain.records import Record, derived_id, input_record
from domain.records.time import TimerDue, TimerSet


class Timekeeper:
    """Appends `timer.due` to the inputs of the processor that set a timer, once it is due.

    A timer may fire again after a restart. The id is derived from the timer, so the host drops the repeat.
    """

    def __init__(self, log: Log, clock: Clock) -> None:
        self.log = log
        self.clock = clock
        self.waiting: dict[str, Record] = {}
        self.changed = asyncio.Event()
        self.armed = False

    async def run(self) -> None:
        """Follow the topic and fire timers, until the log is closed. Raises `LogError`."""
        await first_completed(self._follow(), self._fire_due())

    def idle(self) -> bool:
        """Whether it sleeps until the next timer, and none is due."""
        now_ms = self.clock.now_ms()
        return self.armed and all(_due_ms(record) > now_ms for record in self.waiting.values())

    async def _follow(self) -> None:
        async for page in self.log.tail(topics.TIMERS, {}):
            self._receive(page)

    def _receive(self, page: Sequence[Stored]) -> None:
        for stored in page:
            record = decode(stored.body)
            if isinstance(record.data, TimerSet):
                self.waiting[stored.key] = record
        self.armed = False
        self.changed.set()

    async def _fire_due(self) -> None:
        while True:
            self.changed.clear()
            earliest = min((_due_ms(record) for record in self.waiting.values()), default=None)
            waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self.changed.wait())]
            if earliest is not None:
                waits.append(asyncio.ensure_future(self.clock.sleep_until(earliest)))
            await asyncio.sleep(0)
            self.armed = not self.changed.is_set()
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            await self._fire()

    async def _fire(self) -> None:
        now_ms = self.clock.now_ms()
        due = [key for key, record in self.waiting.items() if _due_ms(record) <= now_ms]
        due.sort(key=lambda key: (_due_ms(self.waiting[key]), key))
        if due:
            self.armed = False
            await self.log.append_all([_due_input(self.waiting.pop(key), now_ms) for key in due])


def _due_ms(record: Record) -> int:
    assert isinstance(record.data, TimerSet)
    return record.data.due_ms


def _due_input(record: Record, now_ms: int) -> Output:
    assert isinstance(record.data, TimerSet)
    due = TimerDue(name=record.data.name, due_ms=record.data.due_ms)
    processor = record.stream.partition(":")[0]
    fired = input_record(derived_id(record.id, "due"), "/timekeeper", record.stream, now_ms, due, actor="timekeeper")
    return topics.inputs(processor), entry(fired)
