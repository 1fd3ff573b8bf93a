"""The clock of a service that follows the time coordinator of a simulated platform.

One JSON object a line over TCP. The service sends {"follow": name} and receives {"now": ms}; once it serves it sends
{"ready": true}. It answers each {"now": ms, "ends": {topic: {partition: offset}}} with a `Report`, once its clock is at
that time, all records up to those ends are handled, and it is idle.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import orjson
from pydantic import BaseModel

from adapters.log.kafka.watched import WatchedKafkaLog
from adapters.time.clock import SimulatedClock
from services.base.control import LINE_LIMIT, PATIENCE_S, TURNS
from services.base.settings import SettingsError
from services.parts.part import Part

START_S = 30
POLL_S = 0.1
Ends = dict[str, dict[int, int]]
"""Topic -> partition -> offset."""


class Question(BaseModel):
    """The present time, and the ends of what has been written by then."""

    now: int
    ends: Ends


class Report(BaseModel):
    """The state of a service that is idle."""

    written: Ends
    """The ends of what it has written."""
    committed: Ends
    """The committed offsets of the inputs in its partitions."""
    next_due: int | None
    frames: dict[str, tuple[int, int]]


class ClockLost(Exception):
    """The time coordinator is gone."""


class Coordinator:
    """The connection to the time coordinator, and the clock that it moves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, now_ms: int) -> None:
        self.reader = reader
        self.writer = writer
        self.clock = SimulatedClock(now_ms)

    @classmethod
    async def connect(cls, address: str, name: str) -> Coordinator:
        """Connect, waiting a little for a coordinator that starts. Raises `SettingsError` where there is none."""
        try:
            reader, writer = await _connected(address)
            writer.write(orjson.dumps({"follow": name}) + b"\n")
            greeting = orjson.loads(await reader.readline())
        except (OSError, orjson.JSONDecodeError) as error:
            raise SettingsError(f"COMMONWATT_CLOCK: no clock answers at {address} ({error})") from error
        return cls(reader, writer, greeting["now"])


async def _connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    until = time.monotonic() + START_S
    while True:
        try:
            return await asyncio.open_connection(host, int(port), limit=LINE_LIMIT)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(POLL_S)


class TimeFollower(Part):
    """Starts last: from then on time waits for this service, if it is `awaited`. Raises `ClockLost`."""

    name = "time follower"

    def __init__(self, coordinator: Coordinator, log: WatchedKafkaLog, parts: Sequence[Part], *, awaited: bool) -> None:
        self._coordinator = coordinator
        self._awaited = awaited
        self._log = log
        self._parts = parts

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._coordinator.writer.write(b'{"ready":true}\n')
        tasks.create_task(self._follow(), name=self.name)

    async def stop(self) -> None:
        self._coordinator.writer.close()

    async def _follow(self) -> None:
        coordinator = self._coordinator
        try:
            while line := await coordinator.reader.readline():
                question = Question.model_validate_json(line)
                coordinator.clock.advance_to(max(question.now, coordinator.clock.now_ms()))
                if self._awaited:
                    await self._settled(question.ends)
                coordinator.writer.write((await self._report()).model_dump_json().encode() + b"\n")
                await coordinator.writer.drain()
        except ConnectionError as error:
            raise ClockLost(f"the time coordinator is gone ({error})") from error
        raise ClockLost("the time coordinator is gone")

    async def _settled(self, ends: Ends) -> None:
        """Return once it is quiet, and quiet again after the tasks just woken had their turn."""
        while not (await self._is_quiet(ends) and await self._is_still_quiet(ends)):
            await self._log.moved(PATIENCE_S)

    async def _is_still_quiet(self, ends: Ends) -> bool:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return await self._is_quiet(ends)

    async def _is_quiet(self, ends: Ends) -> bool:
        """Whether no work is left; what may change without an await is checked last."""
        decided = await self._log.has_decided(ends)
        return (
            decided and self._log.idle() and self._log.has_delivered(ends) and all(part.idle() for part in self._parts)
        )

    async def _report(self) -> Report:
        return Report(
            written=_copied(self._log.written()),
            committed=_copied(await self._log.committed()),
            next_due=self._coordinator.clock.next_due(),
            frames={charger: count for part in self._parts for charger, count in part.frames().items()},
        )


def _copied(ends: Mapping[str, Mapping[int, int]]) -> Ends:
    return {topic: dict(offsets) for topic, offsets in ends.items()}
