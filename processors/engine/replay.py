"""Replay: the recorded inputs through the rules again, without states; the events must be the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from commands.log import topics
from commands.log.codec import decode, encode
from commands.ports.log import Log
from domain.records import Record
from domain.records.time import StreamUnparked
from processors.engine import history
from processors.engine.checkpoint import Checkpoint
from processors.engine.processor import Processor
from processors.engine.stream import StreamState, fresh, load_state, park, step


class OtherBuild(Exception):
    """The events were decided by another build than the one that runs."""

    def __init__(self, needed: str, here: str) -> None:
        super().__init__(f"these events were decided by build {needed}; this is build {here}")
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event of a stream that did not come out as it was recorded (None: there is none on that side)."""

    stream: str
    index: int
    recorded: bytes | None
    replayed: bytes | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay of one processor."""

    processor: str
    inputs: int
    events: int
    difference: Difference | None


async def replay(
    log: Log,
    processor: Processor[Any, Any],
    build: str,
    consumed: Mapping[int, int],
    start: Checkpoint | None = None,
    end: Checkpoint | None = None,
) -> Replayed:
    """Feed `processor` the inputs up to `consumed` (after `start`) and compare its events with the recorded bytes.

    Where an `end` is given, inputs and events after that checkpoint are left out: another build may have decided them.
    Raises `OtherBuild` where the recorded events name another build than `build`.
    """
    states: dict[str, StreamState[Any, Any]] = {}
    if start is not None:
        for stream, body in start.states.items():
            state = load_state(processor, body)
            if state is None:
                raise OtherBuild(start.build, build)
            states[stream] = state
    replayed: dict[str, list[Record]] = {}
    upto = consumed if end is None else end.inputs
    inputs = 0
    topic = topics.inputs(processor.name)
    for partition in range(log.partitions(topic)):
        after = start.inputs.get(partition, 0) if start is not None else 0
        async for position, given in history.records_of(log, topic, partition, after):
            if position.offset > upto.get(partition, 0):
                break
            inputs += 1
            replayed.setdefault(given.stream, []).extend(_again(processor, states, given, build))
    recorded = await _recorded(log, processor.name, build, start, end)
    difference = _first_difference(recorded, replayed)
    return Replayed(processor.name, inputs, sum(map(len, replayed.values())), difference)


def _again(
    processor: Processor[Any, Any], states: dict[str, StreamState[Any, Any]], given: Record, build: str
) -> Sequence[Record]:
    state = states.get(given.stream) or fresh(processor, given.stream)
    if state.parked and not isinstance(given.data, StreamUnparked):
        return ()
    try:
        done = step(processor, state, given, build)
    except Exception as error:
        done = park(processor.name, state, given, error, build)
    states[given.stream] = done.after
    return done.events


async def _recorded(
    log: Log, processor: str, build: str, start: Checkpoint | None, end: Checkpoint | None
) -> dict[str, list[bytes]]:
    """The recorded events of the processor's streams, each once, as they are stored.

    Inputs of old versions are upcast, as they were for the processor that decided. Events are not: those of this build
    are of present versions.
    """
    events: dict[str, dict[str, bytes]] = {}
    for partition in range(log.partitions(topics.EVENTS)):
        after = start.events.get(partition, 0) if start is not None else 0
        async for stored in history.stored_of(log, topics.EVENTS, partition, after):
            if end is not None and stored.position.offset > end.events.get(partition, 0):
                break
            event = decode(stored.body)
            if event.stream.startswith(f"{processor}:"):
                if event.build != build:
                    raise OtherBuild(event.build, build)
                events.setdefault(event.stream, {}).setdefault(event.id, stored.body)
    return {stream: list(found.values()) for stream, found in events.items()}


def _first_difference(
    recorded: Mapping[str, Sequence[bytes]], replayed: Mapping[str, Sequence[Record]]
) -> Difference | None:
    for stream in sorted({*recorded, *replayed}):
        pairs = zip_longest(recorded.get(stream, ()), replayed.get(stream, ()))
        for index, (was, now) in enumerate(pairs):
            again = None if now is None else encode(now)
            if was != again:
                return Difference(stream, index, was, again)
    return None
