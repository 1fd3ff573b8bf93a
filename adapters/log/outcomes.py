"""Decisions as they appear on the log, for an edge whose answer depends on one."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass

from commands.log.codec import decode
from commands.log.record_header import read_header
from commands.log.topics import EVENTS
from commands.ports.log import Log, Stored
from commands.ports.outcomes import Outcome
from domain.records import Record
from domain.records.time import InputRejected

REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Waiter:
    types: frozenset[str]
    found: asyncio.Future[Stored]


@dataclass(frozen=True, slots=True)
class _Seen:
    correlation_id: str
    type: str
    stored: Stored


class LogOutcomes:
    """`commands.ports.outcomes.Outcomes`, while `run` follows `events`."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._seen: deque[_Seen] = deque()
        self._by_correlation: defaultdict[str, list[_Seen]] = defaultdict(list)
        self._waiters: defaultdict[str, list[_Waiter]] = defaultdict(list)

    async def run(self) -> None:
        """Follow the events, including the last ones before the start, until the log is closed."""
        ends = await self.log.ends(EVENTS)
        after = {partition: max(0, offset - REMEMBERED) for partition, offset in ends.items()}
        async for batch in self.log.tail(EVENTS, after):
            for stored in batch:
                self._receive(stored)

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        """The first event of one of `types`, or the rejection, with this correlation id; None after `timeout_s`."""
        outcome = await self.find(correlation_id, types, timeout_s)
        return None if outcome is None else outcome.record

    async def find(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Outcome | None:
        """Like `wait`, with the position of the decision."""
        types = types | {InputRejected.type_name}
        for seen in self._by_correlation.get(correlation_id, ()):
            if seen.type in types:
                return _outcome(seen.stored)
        waiter = _Waiter(types, asyncio.get_running_loop().create_future())
        self._waiters[correlation_id].append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                return _outcome(await waiter.found)
        except TimeoutError:
            return None
        finally:
            self._leave(correlation_id, waiter)

    def _receive(self, stored: Stored) -> None:
        header = read_header(stored.body)
        seen = _Seen(header.correlationid, header.type, stored)
        self._seen.append(seen)
        self._by_correlation[seen.correlation_id].append(seen)
        if len(self._seen) > REMEMBERED:
            self._forget(self._seen.popleft())
        for waiter in self._waiters.get(seen.correlation_id, ()):
            if seen.type in waiter.types and not waiter.found.done():
                waiter.found.set_result(stored)

    def _forget(self, oldest: _Seen) -> None:
        same = self._by_correlation[oldest.correlation_id]
        same.pop(0)
        if not same:
            del self._by_correlation[oldest.correlation_id]

    def _leave(self, correlation_id: str, waiter: _Waiter) -> None:
        waiters = self._waiters[correlation_id]
        waiters.remove(waiter)
        if not waiters:
            del self._waiters[correlation_id]


def _outcome(stored: Stored) -> Outcome:
    return Outcome(decode(stored.body), stored.position)
