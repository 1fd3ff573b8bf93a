"""Checkpoints on every log: whoever owns some partitions writes down those, and together they are where to start."""

from __future__ import annotations

import pytest

from commands.log import topics
from commands.log.codec import canonical
from commands.ports.log import Entry, Fenced, Log, LogDamaged
from processors.engine import checkpoint
from tests.contracts.test_log import KEYS, numbered, poll

BUILD = "b1"


def of(log: Log, partitions: set[int], state: bytes) -> dict[str, bytes]:
    """A state for each stream of some partitions."""
    return {key: state for key in KEYS if topics.partition_of(key, log.partitions(topics.EVENTS)) in partitions}


async def take(log: Log, name: str, partitions: set[int], state: bytes, build: str = BUILD) -> None:
    """What a worker that has consumed nothing writes down."""
    await checkpoint.write(log, "sites", name, build, dict.fromkeys(partitions, 0), of(log, partitions, state))


async def load(log: Log, name: str) -> checkpoint.Checkpoint:
    return await checkpoint.load(log, [one for one in await checkpoint.read_all(log, "sites") if one.name == name])


async def test_what_two_workers_wrote_down_comes_together(log: Log) -> None:
    await take(log, "noon", {0, 1}, b"of the one")
    await log.append(topics.EVENTS, numbered(20))
    await take(log, "noon", {2, 3}, b"of the other")
    await take(log, "later", {0, 1, 2, 3}, b"later")
    ends = await log.ends(topics.EVENTS)
    point = await load(log, "noon")
    assert point.states == of(log, {0, 1}, b"of the one") | of(log, {2, 3}, b"of the other")
    assert point.events == {0: 0, 1: 0, 2: ends[2], 3: ends[3]}
    assert set(point.inputs) == {0, 1, 2, 3}


async def test_of_each_partition_the_newest_counts(log: Log) -> None:
    await take(log, "noon", {0, 1, 2, 3}, b"first")
    await take(log, "noon", {1, 2}, b"again")
    assert (await load(log, "noon")).states == of(log, {0, 3}, b"first") | of(log, {1, 2}, b"again")


async def test_a_partition_without_one_of_this_build_needs_one(log: Log) -> None:
    await take(log, "noon", {0, 1}, b"state")
    await take(log, "noon", {2}, b"state", build="b0")
    assert not await checkpoint.needed_for_build(log, "sites", BUILD, {0, 1})
    assert await checkpoint.needed_for_build(log, "sites", BUILD, {1, 2})
    assert await checkpoint.needed_for_build(log, "sites", BUILD, {1, 3})


async def test_all_states_together_may_be_larger_than_a_record_can_be(log: Log) -> None:
    state = bytes(range(32, 127)) * 80_000
    assert len(state) * len(KEYS) > 32 * 2**20
    await take(log, "noon", {0, 1, 2, 3}, state)
    assert (await load(log, "noon")).states == dict.fromkeys(KEYS, state)


async def test_a_worker_takes_none_where_another_went_on(log: Log) -> None:
    await log.append(topics.inputs("sites"), numbered(1))
    await (await poll(log.consumer("sites"))).commit([], {})
    with pytest.raises(Fenced, match="noon"):
        await take(log, "noon", {0, 1, 2, 3}, b"state")
    assert await checkpoint.read_all(log, "sites") == []


async def test_one_that_does_not_match_its_digest_is_refused(log: Log) -> None:
    await take(log, "noon", {0, 1, 2, 3}, b"state")
    (closing,) = await checkpoint.read_all(log, "sites")
    forged = {"checkpoint": closing.digest, "stream": KEYS[0], "state": "forged"}
    await log.append(topics.checkpoints("sites"), [Entry(KEYS[0], canonical(forged))])
    with pytest.raises(LogDamaged, match="checkpoint noon of sites"):
        await load(log, "noon")
