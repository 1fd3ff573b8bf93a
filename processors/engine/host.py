"""The one loop that runs the processors, on either log: poll inputs, step the streams, commit everything at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any

import structlog

from commands.log import topics
from commands.log.codec import decode, entry
from commands.ports.log import Log, Output, Stored
from commands.ports.tracing import UNTRACED, Tracer
from domain.records import Record
from domain.records.time import StreamUnparked
from processors.engine import batch_size, checkpoint, history
from processors.engine.build import this_build
from processors.engine.outputs import outputs_of, parked_outputs
from processors.engine.processor import Processor
from processors.engine.stream import StreamState, dump_state, fresh, load_state, park, refold, step

log_line = structlog.get_logger("host")
DAY_MS = 24 * 3_600_000

State = StreamState[Any, Any]


@dataclass(slots=True)
class Work:
    """The results of one batch of inputs, before they are committed."""

    outputs: list[Output] = field(default_factory=list)
    states: dict[str, State] = field(default_factory=dict)


class Host:
    """One processor on one log. States live in memory; the dirty ones are committed with their outputs."""

    def __init__(
        self, processor: Processor[Any, Any], log: Log, build: str | None = None, tracer: Tracer = UNTRACED
    ) -> None:
        self.processor = processor
        self.log = log
        self.build = build or this_build()
        self.tracer = tracer
        self.consumer = log.consumer(processor.name)
        self.states: dict[str, State] = {}
        self.busy = asyncio.Lock()
        self.time_ms = 0
        self.day: int | None = None
        self.batch_size = batch_size.FIRST

    async def restore(self) -> None:
        """Read the committed states; what another version wrote is folded again from the events.

        A checkpoint is taken where the last inputs were decided by another build.
        """
        async with self.busy:
            await self._restore()

    async def run(self) -> None:
        """Handle inputs until the log closes. Raises what the log raises; nothing half-done stays in memory."""
        while await self._handle_next():
            if (day := self._new_day()) is not None:
                await self.checkpoint(day)

    async def _handle_next(self) -> bool:
        batch = await self.consumer.poll(self.batch_size)
        if batch.records:
            async with self.busy:
                if batch.reassigned:
                    await self._restore()
                begin_s = perf_counter()
                work = self._work(batch.records)
                states = {stream: dump_state(self.processor, state) for stream, state in work.states.items()}
                self.batch_size = batch_size.next_size(self.batch_size, len(batch.records), perf_counter() - begin_s)
                await batch.commit(work.outputs, states)
                self._keep(work.states)
        return bool(batch.records)

    async def checkpoint(self, name: str) -> None:
        """Write a checkpoint of this worker's positions and states, so that a replay can start there."""
        async with self.busy:
            await self._write_checkpoint(name)

    def caught_up(self) -> bool:
        """Whether every input appended so far has been handled and committed, and is in `states`."""
        return self.consumer.caught_up() and not self.busy.locked()

    async def _restore(self) -> None:
        await self._load()
        owned = (await self.consumer.positions()).keys()
        if await checkpoint.needed_for_build(self.log, self.processor.name, self.build, owned):
            await self._write_checkpoint(f"build-{self.build}")

    async def _write_checkpoint(self, name: str) -> None:
        positions = await self.consumer.positions()
        states = {stream: dump_state(self.processor, state) for stream, state in self.states.items()}
        await checkpoint.write(self.log, self.processor.name, name, self.build, positions, states)

    async def _load(self) -> None:
        """Load the states of the streams in the partitions that this worker owns now, and of no others."""
        bodies = await self.consumer.states()
        loaded = {stream: load_state(self.processor, body) for stream, body in bodies.items()}
        self.states = {stream: state for stream, state in loaded.items() if state is not None}
        lost = [stream for stream, state in loaded.items() if state is None]
        if lost:
            log_line.info("states are folded again", processor=self.processor.name, streams=len(lost))
            self.states |= await self._refold(lost)
        self._note_time(self.states)

    def _keep(self, states: dict[str, State]) -> None:
        self.states |= states
        self._note_time(states)

    def _note_time(self, states: dict[str, State]) -> None:
        self.time_ms = max([self.time_ms, *(state.time_ms for state in states.values())])

    def _work(self, records: Sequence[Stored]) -> Work:
        work = Work()
        for stored in records:
            given = decode(stored.body)
            state = work.states.get(given.stream) or self.states.get(given.stream)
            state = state or fresh(self.processor, given.stream)
            handle = self._handle if stored.traceparent is None else partial(self._handle_traced, stored.traceparent)
            work.states[given.stream] = handle(work, state, given)
        return work

    def _handle_traced(self, traceparent: str, work: Work, state: State, given: Record) -> State:
        """What follows from an input belongs to its trace."""
        before = len(work.outputs)
        with self.tracer.follow(f"processor {self.processor.name}: {given.type}", traceparent) as span:
            state = self._handle(work, state, given)
        work.outputs[before:] = [
            (topic, entry._replace(traceparent=span.traceparent)) for topic, entry in work.outputs[before:]
        ]
        return state

    def _handle(self, work: Work, state: State, given: Record) -> State:
        if state.parked and not isinstance(given.data, StreamUnparked):
            work.outputs.append((topics.parked(self.processor.name), entry(given)))
            return state
        try:
            done = step(self.processor, state, given, self.build)
        except Exception as error:
            log_line.exception("a defect parked a stream", stream=given.stream, input=given.id, type=given.type)
            done = park(self.processor.name, state, given, error, self.build)
            work.outputs += parked_outputs(self.processor.name, given, done)
            return done.after
        work.outputs += outputs_of(self.processor, given.stream, done)
        return done.after

    def _new_day(self) -> str | None:
        """The date (UTC, by the streams' own time) where the last batch began a new day."""
        day = self.time_ms // DAY_MS
        is_new = self.day is not None and day > self.day
        self.day = day
        return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat() if is_new else None

    async def _refold(self, streams: Sequence[str]) -> dict[str, State]:
        events = await history.events_of(self.log, frozenset(streams))
        timers = await history.pending_timers(self.log)
        parked = await history.parked_streams(self.log, self.processor.name)
        return {
            stream: refold(self.processor, stream, events[stream], timers.get(stream, {}), stream in parked)
            for stream in streams
        }
