"""Two bare transactional loops, one after the other: the least that a request and its decision cost on a broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka.admin import AdminClient

from adapters.log.kafka.topics import make_topics
from benchmarks.stream.job import INPUTS, OUTPUTS, Job
from benchmarks.stream.traffic import KEYS, PARTITIONS, Traffic
from benchmarks.stream.workers import working

PREFIX = "floor."
BETWEEN = "between"
AT_ONCE = 500
WARM_UP = 4 * KEYS


@contextmanager
def two_hops(brokers: str) -> Iterator[Traffic]:
    """Both loops, warm: what is sent comes out of the second one, for a reader of committed records."""
    whole = Job("raw", brokers, PREFIX, 0)
    make_topics(AdminClient({"bootstrap.servers": brokers}), PREFIX, PARTITIONS, 1, (INPUTS, BETWEEN, OUTPUTS))
    first_hop, last_hop = hop(whole, 1, whole.inputs, PREFIX + BETWEEN), hop(whole, 2, PREFIX + BETWEEN, whole.outputs)
    with working("raw", first_hop) as first, working("raw", last_hop) as last:

        def check() -> None:
            first.check()
            last.check()

        traffic = Traffic(whole, check)
        traffic.backlog(WARM_UP)
        yield traffic
        traffic.close()


def hop(whole: Job, number: int, inputs: str, outputs: str) -> dict[str, Any]:
    """The job of one of the loops, without states and without linger."""
    settings = {"batch": AT_ONCE, "linger_ms": 0, "every_state": False}
    topics = {"inputs": inputs, "outputs": outputs, "states": None}
    return whole.to_json() | topics | {"prefix": f"{whole.prefix}{number}.", "settings": settings}
