"""Heartbeats of a gateway: a row of its own in the compacted topic `timers`, published anew every 30 s.

Only the newest is needed: a watch counts from when it received the last.
"""

from __future__ import annotations

from adapters.ids import uuid7
from adapters.ocpp.recorder import Observation, Recorder
from commands.log import topics
from commands.log.codec import entry
from commands.ports.clock import Clock
from commands.ports.log import Log
from domain.load_control.heartbeats import BEAT_MS
from domain.records import input_record
from domain.records.observations import SOURCE
from domain.records.time import GatewayAlive


class GatewayHeartbeat:
    """The heartbeats of the gateway `gateway_id`."""

    def __init__(self, log: Log, clock: Clock, gateway_id: str) -> None:
        self._recorder = Recorder(log, clock)
        self._clock = clock
        self._gateway_id = gateway_id

    async def publish(self) -> None:
        """Publish one; to be done before the gateway lets a charger in. Raises `LogError`."""
        await self._recorder.persist(self._beat())

    async def run(self) -> None:
        """Publish every 30 s until cancelled; one that the log does not take is tried again until it does."""
        while True:
            await self._clock.sleep_until(self._clock.now_ms() + BEAT_MS)
            await self._recorder.persist_with_retry(self._beat())

    def _beat(self) -> Observation:
        now_ms = self._clock.now_ms()
        alive = GatewayAlive(gateway_id=self._gateway_id)
        beat = input_record(uuid7(now_ms), SOURCE, stream_of(self._gateway_id), now_ms, alive, actor=self._gateway_id)
        return Observation(beat.id, ((topics.TIMERS, entry(beat)),))


def stream_of(gateway_id: str) -> str:
    """The key of a gateway's heartbeats."""
    return topics.stream("gateway", gateway_id)
