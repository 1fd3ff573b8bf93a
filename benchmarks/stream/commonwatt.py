"""The worker `commonwatt`: the host as it is, with a processor that does what the other workers do."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import uvloop

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from domain.records import Payload, Record
from domain.records.sites import SessionResumed
from processors.engine.host import Host
from processors.engine.processor import Processor
from services.base.memory import settle


@dataclass(frozen=True, slots=True)
class Nothing:
    """What this processor must never forget."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many inputs the stream has seen, written with as many digits as the state shall have bytes."""

    seen: str = "0"


class Keeper(Processor[Nothing, Kept]):
    """One event an input, and a state of a given size."""

    name = "vehicles"
    state_type = Nothing
    observations_type = Kept

    def __init__(self, state_bytes: int) -> None:
        self.state_bytes = state_bytes

    def initial_state(self, key: str) -> tuple[Nothing, Kept]:
        return Nothing(), Kept()

    def observe(self, state: Nothing, observations: Kept, given: Record) -> Kept:
        return Kept(str(int(observations.seen[-12:]) + 1).zfill(self.state_bytes))

    def decide(self, state: Nothing, observations: Kept, given: Record) -> Sequence[Payload]:
        return [SessionResumed(session_id=given.stream)]

    def evolve(self, state: Nothing, event: Payload, time_ms: int) -> Nothing:
        return state


async def work(job: dict[str, Any]) -> None:
    """Run until SIGTERM."""
    log = KafkaLog.open(KafkaSettings(brokers=job["brokers"], prefix=job["prefix"]))
    host = Host(Keeper(job["state_bytes"]), log)
    running = asyncio.create_task(host.run())
    settling = asyncio.create_task(settle())  # as in each of our services
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await asyncio.wait([running])
    settling.cancel()
    await log.close()
    if not running.cancelled():
        await running


if __name__ == "__main__":
    uvloop.run(work(json.loads(sys.argv[1])))
