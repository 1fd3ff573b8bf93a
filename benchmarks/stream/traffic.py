"""Inputs of a worker, and its outputs as a reader of committed records sees them."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter
from uuid import UUID

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from adapters.log.kafka.reader import arrivals
from benchmarks.stream.job import Job
from commands.log import topics
from commands.log.codec import encode
from domain.records import input_record
from domain.records.observations import Reading

PARTITIONS = 4
KEYS = 64
RATE_S = 200
TIME_MS = 1_700_000_000_000
PATIENCE_S = 60.0
POLL_S = 0.2
AT_ONCE = 2000


class Lost(Exception):
    """Outputs did not come in time, or before their inputs."""


class Traffic:
    """Writes inputs and times their outputs. `check` is called while it waits, to say that the worker has ended."""

    def __init__(self, job: Job, check: Callable[[], None]) -> None:
        self._inputs = job.inputs
        self._check = check
        client = {"bootstrap.servers": job.brokers, "retry.backoff.ms": 2, "log_level": 2}
        self._producer = Producer(client | {"linger.ms": 0, "acks": "all"})
        self._bulk = Producer(client | {"transactional.id": f"{job.prefix}traffic", "linger.ms": 50})
        self._bulk.init_transactions(PATIENCE_S)
        self._consumer = Consumer(
            client
            | {"group.id": f"{job.prefix}traffic", "isolation.level": "read_committed", "fetch.queue.backoff.ms": 1}
        )
        self._consumer.assign([TopicPartition(job.outputs, partition, 0) for partition in range(PARTITIONS)])
        self._numbers = itertools.count()
        self._arrived: list[tuple[float, bytes]] = []
        self.sent = 0

    def close(self) -> None:
        """Let go of the broker."""
        self._producer.flush()
        self._consumer.close()

    def backlog(self, count: int) -> float:
        """Let `count` inputs appear at once, as one transaction; the outputs a second until all of them are there."""
        inputs = self._next(count)
        self._bulk.begin_transaction()
        for key, body, partition in inputs:
            self._bulk.produce(self._inputs, body, key, partition)
        self._bulk.flush()
        self._receive(0)
        if len(self._arrived) > self.sent - count:
            raise Lost(f"{self._inputs}: there are outputs of inputs that are not committed yet")
        begin_s = perf_counter()
        self._bulk.commit_transaction(PATIENCE_S)
        self._wait_for_all()
        return count / (self._arrived[-1][0] - begin_s)

    def paced(self, count: int, rate_s: int = RATE_S) -> list[float]:
        """Append `count` inputs when they are due, `rate_s` a second; the ms from then until each output was there."""
        inputs = self._next(count)
        before = len(self._arrived)
        begin_s = perf_counter()
        for number, (key, body, partition) in enumerate(inputs):
            while (left_s := begin_s + number / rate_s - perf_counter()) > 0:
                self._receive(left_s)
            self._producer.produce(self._inputs, body, key, partition)
            self._producer.poll(0)
        self._wait_for_all()
        due_s = {cause_of(body): begin_s + number / rate_s for number, (_, body, _) in enumerate(inputs)}
        return [(at_s - due_s[cause_of(body)]) * 1000 for at_s, body in self._arrived[before:]]

    def outputs(self) -> Counter[str]:
        """How many outputs each input has, once no more come."""
        begin = -1
        while begin < len(self._arrived):
            begin = len(self._arrived)
            self._receive(POLL_S)
        return Counter(cause_of(body) for _, body in self._arrived)

    def _next(self, count: int) -> Sequence[tuple[bytes, bytes, int]]:
        self.sent += count
        return [an_input(next(self._numbers)) for _ in range(count)]

    def _wait_for_all(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while len(self._arrived) < self.sent:
            self._receive(POLL_S)
            self._check()
            if time.monotonic() > deadline:
                raise Lost(f"{self._inputs}: {self.sent} inputs, {len(self._arrived)} outputs after {PATIENCE_S:.0f} s")

    def _receive(self, wait_s: float) -> None:
        messages = arrivals(self._consumer, wait_s, AT_ONCE)
        at_s = perf_counter()
        bodies = (message.value() for message in messages if message.error() is None)
        self._arrived += [(at_s, body) for body in bodies if body is not None]


def an_input(number: int) -> tuple[bytes, bytes, int]:
    """A key, a body, a partition; the same ones in every worker's topic."""
    vehicle = f"car-{number % KEYS}"
    stream = topics.stream("vehicles", vehicle)
    reading = Reading(vehicle_id=vehicle, source="driver", enterprise_id=None, observed_ms=TIME_MS, level_permille=500)
    record = input_record(str(UUID(int=number)), "/bench", stream, TIME_MS, reading, actor="bench")
    return stream.encode(), encode(record), topics.partition_of(stream, PARTITIONS)


def cause_of(body: bytes) -> str:
    """The input that an output belongs to; where it is the input itself, that is its own cause."""
    cause: str = orjson.loads(body)["causationid"]
    return cause
