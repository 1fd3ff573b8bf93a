"""Record the log again: `python -m tests.recorded.record`. The recording in `present/` is replaced."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import orjson

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from processors.engine import checkpoint
from processors.engine.history import stored_of
from tests.faults.supervisor import Place
from tests.recorded import log as recorded
from tests.recorded.story import STARTS, Servers, play

Line = dict[str, Any]
END = "end"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place.new(Path(folder) / "data", STARTS)
        servers = Servers(place)
        try:
            asyncio.run(play(place, servers))
        finally:
            servers.stop()
        asyncio.run(_export(place.data))


async def _export(data: Path) -> None:
    log = SqliteLog.open(data)
    try:
        inputs = [line for name in topics.PROCESSORS for line in await _records(log, topics.inputs(name))]
        recorded.write(recorded.PRESENT.inputs_file, inputs)
        recorded.write(recorded.PRESENT.events_file, await _records(log, topics.EVENTS))
        recorded.write(
            recorded.PRESENT.states_file, [line for name in topics.PROCESSORS for line in await _states(log, name)]
        )
    finally:
        await log.close()


async def _records(log: SqliteLog, topic: str) -> list[Line]:
    return [
        {"offset": stored.position.offset, "record": orjson.loads(stored.body)}
        for partition in range(log.partitions(topic))
        async for stored in stored_of(log, topic, partition)
    ]


async def _states(log: SqliteLog, processor: str) -> list[Line]:
    """Those of every checkpoint, and those of the end."""
    lines = []
    for closing in await checkpoint.read_all(log, processor):
        taken = await checkpoint.load(log, [closing])
        lines += [_state(log, closing.name, one, taken.inputs, taken.events, taken.states[one]) for one in taken.states]
    consumed, ends = await log.consumed(processor), await log.ends(topics.EVENTS)
    bodies = await log.table(topics.states(processor))
    return lines + [_state(log, END, one, consumed, ends, bodies[one]) for one in bodies]


def _state(log: SqliteLog, point: str, stream: str, inputs: Any, events: Any, body: bytes) -> Line:
    partition = topics.partition_of(stream, log.partitions(topics.EVENTS))
    where = {"point": point, "stream": stream, "inputs": inputs[partition], "events": events[partition]}
    return where | {"body": orjson.loads(body)}


if __name__ == "__main__":
    main()
