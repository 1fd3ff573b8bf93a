"""A client that takes itself to be elsewhere goes back to the beginning of a partition: nothing is read twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from confluent_kafka import Consumer, Message

from adapters.log.kafka import group_member
from adapters.log.kafka import tail as tailing
from adapters.log.kafka.log import KafkaLog
from tests.adapters.log.kafka.story import INPUTS, PATIENCE_S, inputs, tell


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], None]:
    """Let a reader of a module meet all that it has met before, before anything else."""

    def arrange(module: ModuleType) -> None:
        arrivals, met = module.arrivals, list[Message]()

        def arriving(client: Consumer, *asked: Any) -> list[Message]:
            fresh = arrivals(client, *asked)
            earlier = [*met] if fresh else []
            met.extend(fresh)
            return [*earlier, *fresh]

        monkeypatch.setattr(module, "arrivals", arriving)

    return arrange


async def test_a_worker_takes_each_input_once(log: KafkaLog, again: Callable[[ModuleType], None]) -> None:
    again(group_member)
    consumer = log.consumer("load")
    taken: list[str] = []
    for first in range(0, 36, 12):
        await tell(log, inputs(first, 12))
        async with asyncio.timeout(PATIENCE_S):
            while len(taken) < first + 12:
                batch = await consumer.poll()
                taken += [str(one.position) for one in batch.records]
                await batch.commit([], {})
    assert len(taken) == len({*taken}) == 36
    assert await log.consumed("load") == await log.ends(INPUTS)


async def test_who_follows_meets_each_record_once(log: KafkaLog, again: Callable[[ModuleType], None]) -> None:
    again(tailing)
    told: list[str] = []
    following = log.tail(INPUTS, {})
    for first in range(0, 36, 12):
        await tell(log, inputs(first, 12))
        async with asyncio.timeout(PATIENCE_S):
            while len(told) < first + 12:
                told += [str(one.position) for one in await anext(following)]
    assert len(told) == len({*told}) == 36
    await following.aclose()
