"""From what a charger said to the log: observations, in the inputs of whom they concern."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from adapters.ids import uuid7
from commands.log import topics
from commands.log.codec import entry
from commands.ports.clock import Clock
from commands.ports.log import Log, LogError, Output
from domain.records import Payload, input_record
from domain.records.observations import SOURCE, Authorize, Metered, source_of

CONCERNED: dict[type[Payload], tuple[str, ...]] = {Metered: ("load", "sites"), Authorize: ("sites",)}
"""The processors that hear of an observation; of all others `load` does."""
RETRY_S = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Observation:
    """Ready to be appended; `id` opens its correlation."""

    id: str
    outputs: tuple[Output, ...]


class Recorder:
    """Appends durably, and knows what is not appended yet."""

    def __init__(self, store: Log, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._closing = False
        self.pending = 0

    def observation(
        self,
        site_id: str,
        said: Payload,
        record_id: str = "",
        connection_id: str = "",
        traceparent: str | None = None,
    ) -> Observation:
        """`said` by a charger of `site_id` on one of its sockets.

        `record_id` where the message has a natural key, else a UUIDv7; no `connection_id`: the gateway says it.
        """
        now_ms = self._clock.now_ms()
        record_id = record_id or uuid7(now_ms)
        source = source_of(connection_id) if connection_id else SOURCE
        outputs = []
        for processor in CONCERNED.get(type(said), ("load",)):
            stream = topics.stream(processor, site_id)
            record = input_record(record_id, source, stream, now_ms, said, actor=said.charger_id)  # type: ignore[attr-defined]
            outputs.append((topics.inputs(processor), entry(record, traceparent)))
        return Observation(record_id, tuple(outputs))

    async def keep(self, *observations: Observation) -> None:
        """Return once all of them are durable. Raises `LogError`: none of them is."""
        self.pending += 1
        try:
            await self._store.append_all([output for seen in observations for output in seen.outputs])
        finally:
            self.pending -= 1

    async def insist(self, *observations: Observation) -> None:
        """Keep what nobody would repeat (answers, lost sockets): try until the log takes it, or the gateway closes."""
        self.pending += 1
        try:
            while not await self._kept(observations) and not self._closing:
                await asyncio.sleep(RETRY_S)
        finally:
            self.pending -= 1

    async def _kept(self, observations: tuple[Observation, ...]) -> bool:
        try:
            await self.keep(*observations)
        except LogError as error:
            log.error("observations not stored", ids=[seen.id for seen in observations], error=str(error))
            return False
        return True

    def close(self) -> None:
        """Let nobody insist any longer."""
        self._closing = True
