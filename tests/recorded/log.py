"""Recorded logs: inputs, events and committed states, as lines of JSON."""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from commands.log.codec import decode
from domain.records import Record


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


@dataclass(frozen=True, slots=True)
class Recording:
    """The files of a recording."""

    folder: Path

    @property
    def inputs_file(self) -> Path:
        return self.folder / "inputs.jsonl.xz"

    @property
    def events_file(self) -> Path:
        return self.folder / "events.jsonl.xz"

    @property
    def states_file(self) -> Path:
        return self.folder / "states.jsonl.xz"

    def inputs(self, processor: str) -> list[Placed]:
        """The inputs of a processor, in the order of each partition."""
        return _records(self.inputs_file, "stream", f"{processor}:")

    def events(self, processor: str) -> list[Placed]:
        """The events of a processor, in the order of each partition."""
        return _records(self.events_file, "stream", f"{processor}:")

    def messages_from(self, processor: str) -> list[Placed]:
        """The inputs of all processors that are messages from this one."""
        return _records(self.inputs_file, "source", f"/processors/{processor}")

    def states(self, processor: str) -> list[Committed]:
        """The states of a processor's streams, at each point of the recording."""
        found = (Committed(**line | {"body": orjson.dumps(line["body"])}) for line in _lines(self.states_file))
        return [one for one in found if one.stream.startswith(f"{processor}:")]


PRESENT = Recording(Path(__file__).parent / "present")
"""Recorded with the present rules."""
EARLIER = (Recording(Path(__file__).parent / "of_5392b52"),)
"""Recorded by earlier builds, whose rules decided otherwise."""


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
