"""The topics of the log, and the partition of a key: the same for all adapters and services."""

from __future__ import annotations

from zlib import crc32

PROCESSORS = ("registry", "vehicles", "sites", "load")
EVENTS = "events"
DESIRED = "chargers.desired"
"""Compacted: charger -> the state that the gateway brings it into."""
TIMERS = "timers"
"""Compacted: stream and timer name -> when the timer is due; gateway -> its heartbeat."""


def inputs(processor: str) -> str:
    """The topic of the inputs of a processor."""
    return f"{processor}.inputs"


def states(processor: str) -> str:
    """The compacted topic of the states of its streams."""
    return f"{processor}.state"


def parked(processor: str) -> str:
    """The topic of inputs to streams that a defect has stopped."""
    return f"{processor}.parked"


def checkpoints(processor: str) -> str:
    """The topic of the checkpoints from which a replay may start."""
    return f"{processor}.checkpoints"


def dead(topic: str) -> str:
    """The dead-letter topic of a topic: what telemetry could not read of it."""
    return f"{topic}.dead"


def stream(processor: str, key: str) -> str:
    """The name of the stream `key` of `processor`. A stream is the unit of order and of state."""
    return f"{processor}:{key}"


def is_table(topic: str) -> bool:
    """Whether a topic is compacted: it is a table of the latest entry of each key."""
    return topic in (DESIRED, TIMERS) or topic.endswith(".state")


def retention_days(topic: str) -> int | None:
    """The retention of a topic in days; None: for ever. Only inputs and their dead letters expire.

    Those of vehicles expire first: they say where somebody was.
    """
    source = topic.removesuffix(".dead")
    if not source.endswith(".inputs"):
        return None
    return 7 if source == inputs("vehicles") else 30


def partition_of(key: str, partitions: int) -> int:
    """The partition of a key: its CRC-32, which is the same in all processes, languages and adapters."""
    return crc32(key.encode()) % partitions


TOPICS = (
    EVENTS,
    DESIRED,
    TIMERS,
    *(topic(name) for name in PROCESSORS for topic in (inputs, states, parked, checkpoints)),
)
DEAD = (dead(inputs("vehicles")), dead(inputs("load")))
"""On brokers only, where other programs may write; the file of an embedded log has one writer."""
ON_BROKERS = (*TOPICS, *DEAD)
