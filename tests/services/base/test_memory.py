"""Given objects that last, then collections pass them over for a while; and all is as before when it ends."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.base import memory


@asynccontextmanager
async def settling() -> AsyncIterator[None]:
    task = asyncio.create_task(memory.settle())
    await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.wait([task])


class Ring:
    def __init__(self) -> None:
        self.itself = self


async def test_what_lasts_is_set_aside_while_it_runs() -> None:
    before = gc.get_threshold()
    async with settling():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == (memory.YOUNG, memory.MIDDLE, memory.OLD) != before
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


async def test_what_was_set_aside_and_is_lost_is_found_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SETTLE_S", 0)
    monkeypatch.setattr(memory, "ROUNDS", 3)
    ring = Ring()
    gone = weakref.ref(ring)
    async with settling():
        del ring
        gc.collect()
        assert gone() is not None
        for _ in range(memory.ROUNDS):
            await asyncio.sleep(0)
        assert gone() is None


async def test_a_start_collects_rarely_until_settling_takes_over() -> None:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        memory.expect_lasting_objects()
        assert gc.get_threshold()[0] == memory.STARTING
        async with settling():
            assert gc.get_threshold() == (memory.YOUNG, memory.MIDDLE, memory.OLD)
    finally:
        gc.set_threshold(*before)
