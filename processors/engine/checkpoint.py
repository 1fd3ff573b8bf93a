"""Checkpoints: the positions and all states of a processor, so that a replay can start there.

Stored in `<processor>.checkpoints`; written daily, on request, and before the first input of a new build. Each worker
writes its own, of the partitions that it owns: first a record for each stream, in the stream's partition, and then one
that closes it, under the processor's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from commands.log import topics
from commands.log.codec import canonical
from commands.ports.log import Entry, Fenced, Log, LogDamaged, Position

PAGE = 100
PORTION_BYTES = 4 * 2**20
"""The size of one append of states, about (bytes)."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The record that closes a checkpoint: by partition the offsets of `inputs` consumed and `events` written.

    `build` is the one that decides from here on. The states come after the positions `after`; `digest` is the SHA-256
    of all the rest and of the states.
    """

    name: str
    processor: str
    build: str
    inputs: Mapping[int, int]
    events: Mapping[int, int]
    after: Mapping[int, int]
    digest: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where to start from: positions as in `Closing`, and the `states` of every stream, as stored."""

    build: str
    inputs: Mapping[int, int]
    events: Mapping[int, int]
    states: Mapping[str, bytes]


async def write(
    log: Log, processor: str, name: str, build: str, positions: Mapping[int, int], states: Mapping[str, bytes]
) -> None:
    """Append a checkpoint of the partitions of `positions`; the caller stops the processor meanwhile.

    Those of all processors and workers share a `name`. Raises `Fenced` where another worker has gone on from there.
    """
    ends = await log.ends(topics.EVENTS)
    consumed = await log.consumed(processor)
    if any(consumed[partition] != offset for partition, offset in positions.items()):
        raise Fenced(f"{processor}: another worker went on from here, the checkpoint {name} was not taken")
    events = {partition: ends[partition] for partition in positions}
    digest = _digest(_content(name, processor, build, positions, events), states)
    topic = topics.checkpoints(processor)
    written: list[Position] = []
    for portion in _portions(digest, states):
        written += await log.append(topic, portion)
    after = {position.partition: position.offset - 1 for position in reversed(written)}
    closing = _content(name, processor, build, positions, events) | {"after": _numbers(after), "digest": digest}
    await log.append(topic, [Entry(processor, canonical(closing))])


async def read_all(log: Log, processor: str) -> list[Closing]:
    """The closing record of each checkpoint of a processor, oldest first."""
    topic = topics.checkpoints(processor)
    partition = topics.partition_of(processor, log.partitions(topic))
    return [_closing(content) async for content in _contents(log, topic, partition, 0) if "after" in content]


async def load(log: Log, closings: Sequence[Closing]) -> Checkpoint:
    """The checkpoints of several workers as one: of each partition the newest, in their order.

    Raises `LogDamaged` where one doesn't match its digest.
    """
    newest = {partition: closing for closing in closings for partition in closing.inputs}
    states: dict[str, bytes] = {}
    for closing in {closing.digest: closing for closing in newest.values()}.values():
        for stream, state in (await _states(log, closing)).items():
            if newest[topics.partition_of(stream, log.partitions(topics.inputs(closing.processor)))] is closing:
                states[stream] = state
    return Checkpoint(
        build=closings[-1].build,
        inputs={partition: closing.inputs[partition] for partition, closing in newest.items()},
        events={partition: closing.events[partition] for partition, closing in newest.items()},
        states=states,
    )


async def needed_for_build(log: Log, processor: str, build: str, partitions: Collection[int]) -> bool:
    """Whether the last checkpoint of a partition is of another build: each build starts with one of its own."""
    last = {partition: closing.build for closing in await read_all(log, processor) for partition in closing.inputs}
    return any(last.get(partition) != build for partition in partitions)


async def _states(log: Log, closing: Closing) -> dict[str, bytes]:
    topic = topics.checkpoints(closing.processor)
    states = {
        content["stream"]: content["state"].encode()
        for partition, after in closing.after.items()
        async for content in _contents(log, topic, partition, after)
        if content.get("checkpoint") == closing.digest
    }
    content = _content(closing.name, closing.processor, closing.build, closing.inputs, closing.events)
    if _digest(content, states) != closing.digest:
        raise LogDamaged(f"checkpoint {closing.name} of {closing.processor} does not match its digest")
    return states


async def _contents(log: Log, topic: str, partition: int, after: int) -> AsyncIterator[dict[str, Any]]:
    while page := await log.read(topic, partition, after, PAGE):
        for stored in page:
            yield orjson.loads(stored.body)
        after = page[-1].position.offset


def _portions(digest: str, states: Mapping[str, bytes]) -> Iterator[list[Entry]]:
    """The records of the streams, as many at once as are about `PORTION_BYTES`."""
    portion: list[Entry] = []
    size = 0
    for stream, state in states.items():
        content = {"checkpoint": digest, "stream": stream, "state": state.decode()}
        portion.append(Entry(stream, canonical(content)))
        size += len(state)
        if size >= PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _content(
    name: str, processor: str, build: str, inputs: Mapping[int, int], events: Mapping[int, int]
) -> dict[str, Any]:
    head = {"name": name, "processor": processor, "build": build}
    return head | {"inputs": _numbers(inputs), "events": _numbers(events)}


def _closing(content: Mapping[str, Any]) -> Closing:
    inputs, events, after = (
        {int(partition): offset for partition, offset in content[name].items()}
        for name in ("inputs", "events", "after")
    )
    return Closing(content["name"], content["processor"], content["build"], inputs, events, after, content["digest"])


def _numbers(by_partition: Mapping[int, int]) -> dict[str, int]:
    return {str(partition): number for partition, number in by_partition.items()}


def _digest(content: Mapping[str, Any], states: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(canonical(content))
    for stream in sorted(states):
        digest.update(canonical([stream, states[stream].decode()]))
    return digest.hexdigest()
