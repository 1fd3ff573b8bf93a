"""The topics of the log and the partition of a key: one place that every adapter and edge agrees on."""

from __future__ import annotations

from zlib import crc32

PROCESSORS = ("registry", "vehicles", "sites", "load")
EVENTS = "events"
DESIRED = "chargers.desired"
"""Compacted: charger -> what the gateway shall see to."""
TIMERS = "timers"
"""Compacted: stream and name -> when to wake it; gateway -> that it lives."""


def inputs(processor: str) -> str:
    return f"{processor}.inputs"


def states(processor: str) -> str:
    return f"{processor}.state"


def parked(processor: str) -> str:
    return f"{processor}.parked"


def checkpoints(processor: str) -> str:
    return f"{processor}.checkpoints"


def dead(topic: str) -> str:
    """Where what can't be read of a topic is set aside."""
    return f"{topic}.dead"


def stream(processor: str, key: str) -> str:
    """The stream `key` of `processor`, the unit of order and of state."""
    return f"{processor}:{key}"


def is_table(topic: str) -> bool:
    """Whether a topic is compacted: only the latest entry of each key counts."""
    return topic in (DESIRED, TIMERS) or topic.endswith(".state")


def retention_days(topic: str) -> int | None:
    """How long the entries of a topic are kept: inputs (dead ones, too) for days, everything else for ever (None).

    What cars told goes first: it says where somebody was.
    """
    told = topic.removesuffix(".dead")
    if not told.endswith(".inputs"):
        return None
    return 7 if told == inputs("vehicles") else 30


def partition_of(key: str, partitions: int) -> int:
    """CRC-32 of the key: stable across processes, languages and adapters."""
    return crc32(key.encode()) % partitions


TOPICS = (
    EVENTS,
    DESIRED,
    TIMERS,
    *(topic(name) for name in PROCESSORS for topic in (inputs, states, parked, checkpoints)),
)
DEAD = (dead(inputs("vehicles")), dead(inputs("load")))
"""On brokers only, which others may write to: the file of an embedded log has one writer."""
ON_BROKERS = (*TOPICS, *DEAD)
