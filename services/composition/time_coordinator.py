"""The time of a simulated platform of many processes, coordinated by one of them.

It suffices to ask each service once with the same ends. A service that was quiet and works again was woken by a record
beyond those ends. The first that did so read a record written before its writer's answer, so that answer reports it.
Hence, if no answer reports more than was asked for, all services are quiet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson

from adapters.log.kafka.watched import FOLLOWED, behind
from commands.ports.log import Log
from services.base.control import HOST, LINE_LIMIT, PATIENCE_S
from services.composition.time_follower import Ends, Question, Report
from services.parts.part import Part


class TimeCoordinator(Part):
    """`services.base.control.Time` over all services that follow; it waits until `expected` of them are connected."""

    name = "time coordinator"

    def __init__(self, log: Log, now_ms: int, expected: int, port: int) -> None:
        self.port = port
        self._log = log
        self._now_ms = now_ms
        self._expected = expected
        self._ready: dict[asyncio.StreamWriter, asyncio.StreamReader] = {}
        self._arrived = asyncio.Event()
        self._ends: Ends = {}
        self._known = 0
        self._reports: list[Report] = []
        self._server: asyncio.Server | None = None

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._server = await asyncio.start_server(self._connected, HOST, self.port, limit=LINE_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._ready:
            writer.close()

    def now_ms(self) -> int:
        return self._now_ms

    def next_due(self) -> int | None:
        return min((report.next_due for report in self._reports if report.next_due is not None), default=None)

    def advance_to(self, now_ms: int) -> None:
        if now_ms < self._now_ms:
            raise ValueError(f"time does not go back from {self._now_ms} to {now_ms}")
        self._now_ms = now_ms

    def frames(self) -> Mapping[str, tuple[int, int]]:
        return {charger: count for report in self._reports for charger, count in report.frames.items()}

    async def moved(self) -> None:
        await asyncio.sleep(PATIENCE_S)
        await self.settled()

    async def settled(self) -> None:
        """Return once every service is connected, and has handled all that any has written."""
        while True:
            await self._all_here()
            asked = {topic: dict(ends) for topic, ends in self._ends.items()}
            reports = await asyncio.gather(*(self._ask(writer) for writer in list(self._ready)))
            answered = [report for report in reports if report is not None]
            for report in answered:
                _grow(self._ends, report.written)
            if len(answered) == len(reports) and self._ends == asked:
                if not behind(asked, [report.committed for report in answered]):
                    self._reports = answered
                    return
                await asyncio.sleep(PATIENCE_S)

    async def _all_here(self) -> None:
        """Wait for all services. After a change the log's ends count: a service that left reported no last write."""
        while len(self._ready) < self._expected:
            self._arrived.clear()
            await self._arrived.wait()
            self._known = 0
        if self._known != self._expected:
            self._ends = {topic: dict(await self._log.ends(topic)) for topic in FOLLOWED}
            self._known = self._expected

    async def _ask(self, writer: asyncio.StreamWriter) -> Report | None:
        """The report of a service; None: it is gone."""
        try:
            question = Question(now=self._now_ms, ends=self._ends)
            writer.write(question.model_dump_json().encode() + b"\n")
            await writer.drain()
            line = await self._ready[writer].readline()
        except ConnectionError:
            line = b""
        if line:
            return Report.model_validate_json(line)
        self._ready.pop(writer, None)
        self._known = 0
        writer.close()
        return None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send the time to a service that connects; it counts once it serves."""
        if not await reader.readline():
            return
        writer.write(orjson.dumps({"now": self._now_ms}) + b"\n")
        if await reader.readline():
            self._ready[writer] = reader
            self._arrived.set()


def _grow(ends: Ends, written: Ends) -> None:
    for topic, known in written.items():
        mine = ends.setdefault(topic, {})
        for partition, end in known.items():
            mine[partition] = max(end, mine.get(partition, 0))
