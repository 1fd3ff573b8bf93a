"""A damaged file never tells anything but what was written: it says so, or wasn't hit where it matters."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.schema import LOG_FILE
from commands.log import topics
from commands.ports.log import Entry, LogDamaged, LogError
from tests.examples import examples

INPUTS = topics.inputs("sites")
PAGE_BYTES = 4096

IsNoticed = Callable[[Path], Awaitable[bool]]


async def write(folder: Path) -> None:
    """A log with something of everything, closed, so that all is in the file."""
    log = SqliteLog.open(folder)
    await log.append(INPUTS, [Entry(f"sites:{n}", b"input %06d" % n + b"." * (n * 7 % 300)) for n in range(120)])
    await log.trim(INPUTS, {0: 20, 1: 30})
    await log.append(topics.DESIRED, [Entry(f"charger-{n}", b"limit %d" % n) for n in range(40)])
    consumer = log.consumer("sites")
    batch = await consumer.poll(limit=50)
    outputs = [(topics.EVENTS, Entry(stored.key, b"because of " + stored.body)) for stored in batch.records]
    states = {stored.key: b"state" * (number * 40) for number, stored in enumerate(batch.records[:20])}
    await batch.commit(outputs, states)
    await log.close()


async def everything(folder: Path, read_only: bool = False) -> dict[str, Any]:
    log = SqliteLog.open(folder, read_only=read_only)
    try:
        return {
            **{
                f"{topic} {partition}": await log.read(topic, partition)
                for topic in (INPUTS, topics.EVENTS)
                for partition in range(4)
            },
            "desired": await log.table(topics.DESIRED),
            "states": await log.table(topics.states("sites")),
            "consumed": await log.consumed("sites"),
            "ends": await log.ends(INPUTS),
        }
    finally:
        await log.close()


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("intact")
    asyncio.run(write(folder))
    assert not (folder / f"{LOG_FILE}-wal").exists()
    return folder


@pytest.fixture(scope="module")
def is_noticed(intact: Path) -> IsNoticed:
    """Whether reading says that a file is damaged; if not, all must be as it was written."""
    written = asyncio.run(everything(intact))

    async def notices(folder: Path) -> bool:
        try:
            assert await everything(folder) == written
        except LogError:
            return True
        return False

    return notices


@pytest.fixture(scope="module")
def damage(intact: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes copies of the intact log with other bytes at some places."""
    folder = tmp_path_factory.mktemp("damaged")

    def copy(patches: dict[int, bytes]) -> Path:
        content = bytearray((intact / LOG_FILE).read_bytes())
        for place, patch in patches.items():
            content[place : place + len(patch)] = patch
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / LOG_FILE).write_bytes(content)
        return folder

    return copy


def pages_of(content: bytes) -> list[bytes]:
    return [content[place : place + PAGE_BYTES] for place in range(0, len(content), PAGE_BYTES)]


def places(folder: Path, victim: bytes) -> list[int]:
    """Where some bytes are in the file; when pages split, they leave copies that nobody reads."""
    return [found.start() for found in re.finditer(re.escape(victim), (folder / LOG_FILE).read_bytes())]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("victim", "words"),
    [
        (b"input 000100", f"{INPUTS}, partition ., offset 101 is not what was written"),
        (b"because of input 000045", "events, partition ., offset .* is not what was written"),
        (b"limit 17", "chargers.desired, partition ., offset 18 is not what was written"),
        (b"statestate", "sites.state, partition ., offset .* is not what was written"),
    ],
)
async def test_one_changed_byte_of_a_body_is_told_with_its_place_and_the_remedy(
    intact: Path, damage: Callable[..., Path], victim: bytes, words: str, read_only: bool
) -> None:
    folder = damage({place + 3: b"#" for place in places(intact, victim)})
    with pytest.raises(LogDamaged, match=f"{LOG_FILE} is damaged: {words}; .* restore the file from a copy"):
        await everything(folder, read_only)


async def test_a_consumer_gets_no_input_and_no_state_that_was_changed(
    intact: Path, damage: Callable[..., Path]
) -> None:
    folder = damage(
        {
            **dict.fromkeys(places(intact, b"input 000110"), b"I"),
            **dict.fromkeys(places(intact, b"statestate"), b"S"),
        }
    )
    log = SqliteLog.open(folder)
    consumer = log.consumer("sites")
    with pytest.raises(LogDamaged):
        await consumer.states()
    with pytest.raises(LogDamaged):
        await consumer.poll()
    await log.close()


async def test_a_lost_end_is_noticed_at_once(intact: Path, damage: Callable[..., Path]) -> None:
    folder = damage({})
    with sqlite3.connect(folder / LOG_FILE) as thief:
        thief.execute("DELETE FROM events WHERE offset = (SELECT max(offset) FROM events)")
    thief.close()
    with pytest.raises(LogDamaged, match=r"events ends at \d+, not at its last offset"):
        SqliteLog.open(folder)
    with pytest.raises(LogDamaged, match=r"events ends at \d+, not at its last offset"):
        SqliteLog.open(folder, read_only=True)


@pytest.mark.parametrize("ask", ["read", "ends", "poll", "tail"])
async def test_an_index_that_lost_the_end_of_a_partition_hides_nothing(damage: Callable[..., Path], ask: str) -> None:
    folder = damage({})
    with sqlite3.connect(folder / LOG_FILE) as thief:
        thief.execute(f'DROP INDEX "{INPUTS}/partition"')
        thief.execute(f'CREATE INDEX "{INPUTS}/partition" ON "{INPUTS}" (partition) WHERE offset < 100')
        thief.execute("PRAGMA writable_schema = ON")
        thief.execute("UPDATE sqlite_master SET sql = replace(sql, ' WHERE offset < 100', '')")
    thief.close()
    log = SqliteLog.open(folder)
    asked = {
        "read": lambda: log.read(INPUTS, 1),
        "ends": lambda: log.ends(INPUTS),
        "poll": lambda: log.consumer("sites").poll(),
        "tail": lambda: anext(log.tail(INPUTS, {})),
    }
    with pytest.raises(LogDamaged, match=rf"{INPUTS}, partition \d: records \d+ to \d+ are missing"):
        await asked[ask]()
    await log.close()


async def test_every_page_that_is_overwritten_is_noticed_or_held_nothing(
    intact: Path, is_noticed: IsNoticed, damage: Callable[..., Path]
) -> None:
    pages = (intact / LOG_FILE).stat().st_size // PAGE_BYTES
    noticed = 0
    for page in range(pages):
        for patch in (b"\0" * PAGE_BYTES, b"\xa5" * PAGE_BYTES):
            noticed += await is_noticed(damage({page * PAGE_BYTES: patch}))
    assert noticed > pages


async def test_a_file_cut_short_is_noticed(intact: Path, is_noticed: IsNoticed, damage: Callable[..., Path]) -> None:
    folder = damage({})
    with (folder / LOG_FILE).open("r+b") as file:
        file.truncate((intact / LOG_FILE).stat().st_size // PAGE_BYTES // 2 * PAGE_BYTES)
    assert await is_noticed(folder)


somewhere = st.integers(0, 2**20)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(somewhere, st.integers(1, 255))
def test_no_changed_byte_anywhere_changes_what_is_read(
    intact: Path, is_noticed: IsNoticed, damage: Callable[..., Path], place: int, change: int
) -> None:
    content = (intact / LOG_FILE).read_bytes()
    place %= len(content)
    asyncio.run(is_noticed(damage({place: bytes([content[place] ^ change])})))


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(somewhere, somewhere)
def test_no_page_written_in_the_wrong_place_changes_what_is_read(
    intact: Path, is_noticed: IsNoticed, damage: Callable[..., Path], source: int, target: int
) -> None:
    pages = pages_of((intact / LOG_FILE).read_bytes())
    content = pages[source % len(pages)]
    asyncio.run(is_noticed(damage({target % len(pages) * PAGE_BYTES: content})))


async def test_what_is_no_log_is_not_touched(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / LOG_FILE)
    other.execute("CREATE TABLE precious (thing)")
    other.close()
    with pytest.raises(LogError, match="is not a log of this program"):
        SqliteLog.open(tmp_path)
    (tmp_path / LOG_FILE).write_bytes(b"no database at all, but long enough to look like one" * 100)
    with pytest.raises(LogDamaged, match="not a database"):
        SqliteLog.open(tmp_path)
