"""A gateway's sign of life: a row of its own in the topic `timers`, written anew every 30 s.

Nobody asks for old ones: who listens counts from when it heard the last. There each takes the place of the one before.
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


class SignOfLife:
    """Of one gateway, by its name."""

    def __init__(self, log: Log, clock: Clock, gateway_id: str) -> None:
        self._recorder = Recorder(log, clock)
        self._clock = clock
        self._gateway_id = gateway_id

    async def give(self) -> None:
        """Before the gateway lets a charger in. Raises `LogError`."""
        await self._recorder.keep(self._sign())

    async def run(self) -> None:
        """Go on until cancelled; what the log does not take is tried again until it does."""
        while True:
            await self._clock.sleep_until(self._clock.now_ms() + BEAT_MS)
            await self._recorder.insist(self._sign())

    def _sign(self) -> Observation:
        now_ms = self._clock.now_ms()
        alive = GatewayAlive(gateway_id=self._gateway_id)
        sign = input_record(uuid7(now_ms), SOURCE, stream_of(self._gateway_id), now_ms, alive, actor=self._gateway_id)
        return Observation(sign.id, ((topics.TIMERS, entry(sign)),))


def stream_of(gateway_id: str) -> str:
    """Under which a gateway's signs are kept."""
    return topics.stream("gateway", gateway_id)
