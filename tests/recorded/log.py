"""The recorded log in this folder: inputs, events and committed states, as lines of JSON."""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from commands.log.codec import decode
from domain.records import Record

FOLDER = Path(__file__).parent
INPUTS, EVENTS, STATES = (FOLDER / f"{name}.jsonl.xz" for name in ("inputs", "events", "states"))
OTHERWISE = FOLDER / "otherwise.jsonl.xz"
"""Events that rules decide otherwise by now, on purpose: id, and the data that they have by now."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A record and its offset in its partition. A stream lies in one partition."""

    offset: int
    record: Record


@dataclass(frozen=True, slots=True)
class Committed:
    """The state of a stream as it was committed at a point of the recording.

    `inputs` and `events` are offsets in the stream's partition: the last input consumed and the last event written.
    """

    point: str
    stream: str
    inputs: int
    events: int
    body: bytes


def inputs(processor: str) -> list[Placed]:
    """The inputs of a processor, in the order of each partition."""
    return _records(INPUTS, "stream", f"{processor}:")


def events(processor: str) -> list[Placed]:
    """The events of a processor, in the order of each partition, as they are decided by now."""
    return _as_by_now(_records(EVENTS, "stream", f"{processor}:"))


def messages_from(processor: str) -> list[Placed]:
    """The inputs of all processors that are messages from this one, as they are by now."""
    return _as_by_now(_records(INPUTS, "source", f"/processors/{processor}"))


def _as_by_now(recorded: list[Placed]) -> list[Placed]:
    data = {line["id"]: line["data"] for line in _lines(OTHERWISE)}
    return [
        replace(one, record=one.record._replace(data=type(one.record.data).model_validate(data[one.record.id])))
        if one.record.id in data
        else one
        for one in recorded
    ]


def states(processor: str) -> list[Committed]:
    """The states of a processor's streams, at each point of the recording."""
    found = (Committed(**line | {"body": orjson.dumps(line["body"])}) for line in _lines(STATES))
    return [one for one in found if one.stream.startswith(f"{processor}:")]


def write(file: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """The same lines are the same bytes."""
    text = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    file.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))


def _records(file: Path, name: str, prefix: str) -> list[Placed]:
    """The records of which a field begins so."""
    found = (line for line in _lines(file) if line["record"][name].startswith(prefix))
    return [Placed(line["offset"], decode(orjson.dumps(line["record"]))) for line in found]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    return map(orjson.loads, lzma.decompress(file.read_bytes()).splitlines())
