"""Checkpoints: where a processor was and all that it knew, so that a replay can start there.

Kept in `<processor>.checkpoints`; taken daily, on request, and before the first input of a new build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from commands import topics
from commands.codec import canonical
from commands.ports import Entry, Log, LogDamaged

PAGE = 100


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Positions of the `inputs` consumed and `events` written until then; `states` of every stream, as stored.

    `build` is the one that decides from here on; `digest` the SHA-256 of all the rest.
    """

    name: str
    processor: str
    build: str
    inputs: Mapping[int, int]
    events: Mapping[int, int]
    states: Mapping[str, bytes]
    digest: str


async def write(
    log: Log, processor: str, name: str, build: str, positions: Mapping[int, int], states: Mapping[str, bytes]
) -> None:
    """Append a checkpoint. Those of all processors share a `name`; the caller holds the processor still meanwhile."""
    content = {
        "name": name,
        "processor": processor,
        "build": build,
        "inputs": {str(partition): offset for partition, offset in positions.items()},
        "events": {str(partition): offset for partition, offset in (await log.ends(topics.EVENTS)).items()},
        "states": {stream: body.decode() for stream, body in states.items()},
    }
    digest = hashlib.sha256(canonical(content)).hexdigest()
    entry = Entry(processor, canonical(content | {"digest": digest}))
    await log.append(topics.checkpoints(processor), [entry])


async def read_all(log: Log, processor: str) -> list[Checkpoint]:
    """Every checkpoint of a processor, oldest first. Raises `LogDamaged` where one doesn't match its digest."""
    topic = topics.checkpoints(processor)
    partition = topics.partition_of(processor, log.partitions(topic))
    found: list[Checkpoint] = []
    after = 0
    while page := await log.read(topic, partition, after, PAGE):
        found += [_parse(stored.body) for stored in page]
        after = page[-1].position.offset
    return found


def _parse(body: bytes) -> Checkpoint:
    content = orjson.loads(body)
    name = content["name"]
    digest = content.pop("digest")
    if hashlib.sha256(canonical(content)).hexdigest() != digest:
        raise LogDamaged(f"checkpoint {name} of {content['processor']} does not match its digest")
    return Checkpoint(
        name=name,
        processor=content["processor"],
        build=content["build"],
        inputs={int(partition): offset for partition, offset in content["inputs"].items()},
        events={int(partition): offset for partition, offset in content["events"].items()},
        states={stream: state.encode() for stream, state in content["states"].items()},
        digest=digest,
    )


async def needed_for_build(log: Log, processor: str, build: str) -> bool:
    """Whether the last checkpoint is of another build: each build starts with one of its own."""
    known = await read_all(log, processor)
    return not known or known[-1].build != build
