"""Processes to be killed.

`python -m tests.adapters.log.sqlite.children WHAT FOLDER [ARGUMENTS]`; they print what is done.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from itertools import count
from pathlib import Path

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.ports.log import Entry, LogError

CALLERS = 8


def say(line: str) -> None:
    """In one system call, so that no line is torn when the process is killed."""
    os.write(1, f"{line}\n".encode())


async def appending(folder: Path, life: str) -> None:
    """Append for ever, with several callers, and tell each acknowledged record."""
    log = SqliteLog.open(folder)

    async def call(caller: int) -> None:
        for number in count():
            body = f"{life}/{caller}/{number:06d}"
            await log.append(topics.EVENTS, [Entry(f"caller {caller}", body.encode())])
            say(body)

    await asyncio.gather(*(call(caller) for caller in range(CALLERS)))


async def consuming(folder: Path) -> None:
    """Answer each input with one event and a state that counts, for ever; inputs come meanwhile. Tells each commit."""
    log = SqliteLog.open(folder)
    consumer = log.consumer("sites")
    states = {key: int(body) for key, body in (await consumer.states()).items()}

    async def feed() -> None:
        while True:
            await log.append(topics.inputs("sites"), [Entry(f"sites:{number}", b"input") for number in range(5)])

    feeding = asyncio.ensure_future(feed())
    while not feeding.done():
        batch = await consumer.poll(limit=7)
        outputs = []
        for stored in batch.records:
            states[stored.key] = states.get(stored.key, 0) + 1
            cause = f"{stored.position.partition}/{stored.position.offset}"
            outputs.append((topics.EVENTS, Entry(stored.key, cause.encode())))
        await batch.commit(outputs, {stored.key: b"%d" % states[stored.key] for stored in batch.records})
        say("committed")
    await feeding


async def holding(folder: Path) -> None:
    """Hold the log until killed."""
    log = SqliteLog.open(folder)
    await log.append(topics.EVENTS, [Entry("key", b"held")])
    say("holding")
    await asyncio.Event().wait()


async def filling(folder: Path, file_bytes: str) -> None:
    """Append where no file may grow beyond a size, until that fails; then once more with room. Tells what happened."""
    log = SqliteLog.open(folder)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_bytes), unlimited[1]))
    for number in count():
        body = b"%06d" % number + b"x" * 20_000
        try:
            await log.append(topics.EVENTS, [Entry("key", body)])
        except LogError as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            say(f"failed {number} {type(error).__name__} {error}")
            break
    kept = await log.read(topics.EVENTS, topics.partition_of("key", 4))
    say(f"readable {len(kept)}")
    await log.append(topics.EVENTS, [Entry("key", b"again")])
    await log.close()


if __name__ == "__main__":
    what, folder, *arguments = sys.argv[1:]
    asyncio.run(globals()[what](Path(folder), *arguments))
