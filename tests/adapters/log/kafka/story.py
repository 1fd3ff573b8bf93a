"""Workers as processes, inputs for them, and whether each had its outputs exactly once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from adapters.log.kafka.settings import KafkaSettings
from commands.log import topics
from commands.log.codec import entry
from commands.ports.log import Log
from domain.records import Record
from processors.engine import history
from tests.adapters.child_process import ChildProcess
from tests.processors.counting import command

INPUTS = topics.inputs("load")
STREAMS = [f"load:{number}" for number in range(12)]
PATIENCE_S = 90  # never waited for, unless something is broken


def inputs(first: int, count: int) -> list[Record]:
    """Inputs numbered from `first`, over all streams."""
    numbers = range(first, first + count)
    return [command(f"s{number}", f"i{number}", 1000 + number, STREAMS[number % len(STREAMS)]) for number in numbers]


async def tell(log: Log, records: Sequence[Record]) -> None:
    for record in records:
        await log.append(INPUTS, [entry(record)])


async def handled(log: Log) -> None:
    """Return when everything that was told has been decided and committed."""
    async with asyncio.timeout(PATIENCE_S):
        while await log.consumed("load") != await log.ends(INPUTS):
            await asyncio.sleep(0.05)


async def assert_exactly_once(log: Log, given: Sequence[Record]) -> None:
    """Each stream has one event for each input, in order, and its count went on through all workers."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for partition in range(log.partitions(topics.EVENTS)):
        async for _, event in history.records_of(log, topics.EVENTS, partition):
            found[event.stream].append((event.data.session_id, event.data.site_id))
    expected: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for record in given:
        known = expected[record.stream]
        known.append((record.data.session_id, f"at {len(known)}"))
    different = {stream: found[stream] for stream in {*found, *expected} if found[stream] != expected[stream]}
    assert not different, f"not exactly once: {different}"


class Worker(ChildProcess):
    """A process; `line` waits for a line of its output."""

    def __init__(self, settings: KafkaSettings, name: str, stop_at: int) -> None:
        told = settings.model_copy(update={"worker": name}).model_dump_json()
        super().__init__([sys.executable, "-m", "tests.adapters.log.kafka.worker", told, str(stop_at)], PATIENCE_S)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@contextmanager
def worker(settings: KafkaSettings, name: str, stop_at: int = 0) -> Iterator[Worker]:
    started = Worker(settings, name, stop_at)
    try:
        yield started
    finally:
        started.end()


async def working(settings: KafkaSettings) -> None:
    """One worker after the other, as under a supervisor: one whose transaction the brokers gave up ends.

    In processes of their own, since librdkafka may abort one.
    """
    while True:
        with worker(settings, "lasting") as one:
            await asyncio.to_thread(one.process.wait)
