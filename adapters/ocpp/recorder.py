"""Observations: what chargers report, appended to the inputs of the processors that observe it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from adapters.ids import uuid7
from commands.log import topics
from commands.log.codec import entry
from commands.log.observers import observers_of
from commands.ports.clock import Clock
from commands.ports.log import Log, LogError, Output
from domain.records import Payload, input_record
from domain.records.observations import SOURCE, source_of

RETRY_S = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Observation:
    """Ready to be appended; `id` opens its correlation."""

    id: str
    outputs: tuple[Output, ...]


class Recorder:
    """Appends observations durably; `pending` counts the appends that have not ended."""

    def __init__(self, store: Log, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._closing = False
        self.pending = 0

    def observation(
        self,
        site_id: str,
        reported: Payload,
        record_id: str = "",
        connection_id: str = "",
        traceparent: str | None = None,
    ) -> Observation:
        """What a charger of `site_id` `reported` on one of its sockets.

        `record_id` where the message has a natural key, else a UUIDv7; no `connection_id`: the gateway reports it.
        """
        now_ms = self._clock.now_ms()
        record_id = record_id or uuid7(now_ms)
        source = source_of(connection_id) if connection_id else SOURCE
        outputs = []
        for processor in observers_of(reported):
            stream = topics.stream(processor, site_id)
            record = input_record(record_id, source, stream, now_ms, reported, actor=reported.charger_id)  # type: ignore[attr-defined]
            outputs.append((topics.inputs(processor), entry(record, traceparent)))
        return Observation(record_id, tuple(outputs))

    async def persist(self, *observations: Observation) -> None:
        """Return once all of them are durable. Raises `LogError`: none of them is."""
        self.pending += 1
        try:
            await self._store.append_all([output for seen in observations for output in seen.outputs])
        finally:
            self.pending -= 1

    async def persist_with_retry(self, *observations: Observation) -> None:
        """Persist what nobody would repeat (answers, lost sockets): until the log takes it or the gateway closes."""
        self.pending += 1
        try:
            while not await self._persisted(observations) and not self._closing:
                await asyncio.sleep(RETRY_S)
        finally:
            self.pending -= 1

    async def _persisted(self, observations: tuple[Observation, ...]) -> bool:
        try:
            await self.persist(*observations)
        except LogError as error:
            log.error("observations not stored", ids=[seen.id for seen in observations], error=str(error))
            return False
        return True

    def close(self) -> None:
        """Give up retrying."""
        self._closing = True
