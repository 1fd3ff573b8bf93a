"""The clock service, real and simulated, and the ids that are made from it."""

import asyncio
import time
from uuid import UUID

import pytest

from adapters.ids import uuid7
from adapters.time import clock as module
from adapters.time.clock import SimulatedClock, SystemClock


async def test_simulated_time_stands_still_until_it_is_moved() -> None:
    clock = SimulatedClock(1_000)
    sleeping = asyncio.create_task(clock.sleep_until(2_000))
    await asyncio.sleep(0)
    assert clock.next_due() == 2_000

    clock.advance_to(1_999)
    await asyncio.sleep(0)
    assert not sleeping.done()

    clock.advance_to(2_000)
    await sleeping
    assert clock.now_ms() == 2_000
    assert clock.next_due() is None


async def test_simulated_sleepers_wake_in_the_order_they_are_due() -> None:
    clock = SimulatedClock(0)
    woken: list[int] = []

    async def sleeper(due_ms: int) -> None:
        await clock.sleep_until(due_ms)
        woken.append(due_ms)

    sleepers = [asyncio.create_task(sleeper(due_ms)) for due_ms in (30, 10, 20)]
    await asyncio.sleep(0)
    assert clock.next_due() == 10
    clock.advance_to(30)
    await asyncio.gather(*sleepers)
    assert woken == [10, 20, 30]


async def test_simulated_sleep_until_the_past_returns_at_once() -> None:
    sleeping = asyncio.create_task(SimulatedClock(5).sleep_until(5))
    await asyncio.sleep(0)
    assert sleeping.done()


async def test_a_sleeper_who_left_is_due_no_more() -> None:
    clock = SimulatedClock(0)
    sleeping = asyncio.create_task(clock.sleep_until(10))
    await asyncio.sleep(0)
    sleeping.cancel()
    await asyncio.gather(sleeping, return_exceptions=True)
    assert clock.next_due() is None
    clock.advance_to(10)


def test_simulated_time_never_goes_back() -> None:
    clock = SimulatedClock(1_000)
    with pytest.raises(ValueError, match="1000 to 999"):
        clock.advance_to(999)
    assert clock.now_ms() == 1_000


def test_system_time_stands_still_while_the_wall_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wall_ns = iter([5_000_000_000, 3_000_000_000, 6_000_000_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(wall_ns))
    clock = SystemClock()
    assert [clock.now_ms() for _ in range(3)] == [5_000, 5_000, 6_000]


async def test_system_sleep_notices_a_wall_clock_that_is_set_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ms = 0
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        nonlocal now_ms
        naps.append(seconds)
        now_ms = 3_600_000

    monkeypatch.setattr(time, "time_ns", lambda: now_ms * 1_000_000)
    monkeypatch.setattr(asyncio, "sleep", nap)
    await SystemClock().sleep_until(3_600_000)
    assert naps == [module.LONGEST_NAP_S]


def test_uuid7_carries_the_time_and_sorts_by_it() -> None:
    ids = [uuid7(now_ms) for now_ms in (0, 1_767_225_600_000, 1_767_225_600_001)]
    assert ids == sorted(ids)
    for now_ms, text in zip((0, 1_767_225_600_000, 1_767_225_600_001), ids, strict=True):
        assert UUID(text).int >> 80 == now_ms
        assert UUID(text).version == 7
        assert UUID(text).variant == "specified in RFC 4122"


def test_uuid7_is_different_every_time() -> None:
    assert len({uuid7(7) for _ in range(1_000)}) == 1_000
