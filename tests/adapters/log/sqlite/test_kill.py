"""kill -9 at any moment loses nothing that was acknowledged, and doubles nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.ports.log import Log, Stored
from tests.adapters.log.sqlite.conftest import Child

LIVES = 5


def lines_until_killed(process: Child, count: int) -> list[str]:
    """Kill the process as it says its `count`-th line; all lines that it could say."""
    assert process.stdout
    lines = [process.stdout.readline().strip() for _ in range(count)]
    process.kill()
    rest, _ = process.communicate()
    assert all(lines), "it ended by itself"
    return [*lines, *rest.split("\n")[:-1]]


async def all_of(log: Log, topic: str) -> list[Stored]:
    found: list[Stored] = []
    for partition in range(log.partitions(topic)):
        after = 0
        while page := await log.read(topic, partition, after):
            found += page
            after = page[-1].position.offset
    return found


@pytest.mark.parametrize("seed", [1])
async def test_what_was_acknowledged_is_there_once_and_in_order(
    tmp_path: Path, child: Callable[..., Child], seed: int
) -> None:
    moments = random.Random(seed)
    acknowledged: list[str] = []
    for life in range(LIVES):
        acknowledged += lines_until_killed(child("appending", tmp_path, life), moments.randint(1, 300))

    log = SqliteLog.open(tmp_path)
    found = [stored.body.decode() for stored in await all_of(log, topics.EVENTS)]
    await log.close()
    assert Counter(found).most_common(1)[0][1] == 1
    assert set(acknowledged) <= set(found)
    for caller in {body.rpartition("/")[0] for body in found}:
        of_one = [body for body in found if body.startswith(f"{caller}/")]
        assert of_one == [f"{caller}/{number:06d}" for number in range(len(of_one))]


@pytest.mark.parametrize("seed", [2])
async def test_every_input_has_its_effect_once(tmp_path: Path, child: Callable[..., Child], seed: int) -> None:
    moments = random.Random(seed)
    for _ in range(LIVES):
        lines_until_killed(child("consuming", tmp_path), moments.randint(1, 150))

    log = SqliteLog.open(tmp_path)
    consumed = await log.consumed("sites")
    inputs = [s for s in await all_of(log, "sites.inputs") if s.position.offset <= consumed[s.position.partition]]
    effects = [stored.body.decode() for stored in await all_of(log, topics.EVENTS)]
    states = {key: int(body) for key, body in (await log.table("sites.state")).items()}
    await log.close()
    assert sorted(effects) == sorted(f"{s.position.partition}/{s.position.offset}" for s in inputs)
    assert states == Counter(stored.key for stored in inputs)
