"""An event loop whose time jumps: everything happens in its order, and at once."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from simulators.time.loop_time import LoopTime
from simulators.time.virtual_loop import Stuck, VirtualLoop, run


def test_a_day_passes_at_once_and_in_order():
    order: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps_s: float) -> None:
        for nap_s in naps_s:
            await asyncio.sleep(nap_s)
            order.append((name, asyncio.get_running_loop().time()))

    async def day() -> None:
        await asyncio.gather(sleeper("a", 10, 86_390), sleeper("b", 5, 5, 5))

    began_s = monotonic()
    run(day())
    assert order == [("b", 5), ("a", 10), ("b", 10), ("b", 15), ("a", 86_400)]
    assert monotonic() - began_s < 60


def test_a_timeout_is_of_virtual_time():
    async def waits() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3_600):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run(waits()) == 3_600


def test_to_wait_for_what_never_comes_is_an_error():
    async def waits() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        run(waits())


def test_who_watches_time_pass_may_stop_it_earlier():
    stretches: list[tuple[float, float]] = []

    def halves(from_s: float, to_s: float) -> float:
        stretches.append((from_s, to_s))
        return (from_s + to_s) / 2 if to_s - from_s > 1 else to_s

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.while_time_passes(halves)
        await asyncio.sleep(4)

    run(watched())
    assert stretches == [(0, 4), (2, 4), (3, 4)]


def test_alarms_fire_at_their_instant_unless_they_are_cancelled():
    fired: list[tuple[str, int]] = []

    async def world() -> None:
        time = LoopTime(1_000)
        time.at(3_000, lambda: fired.append(("later", time.now_ms)))
        time.at(2_000, lambda: fired.append(("sooner", time.now_ms)))
        time.at(500, lambda: fired.append(("past", time.now_ms)))
        time.at(2_500, lambda: fired.append(("never", time.now_ms))).cancel()
        await time.sleep_until(4_000)
        assert time.now_ms == 4_000

    run(world())
    assert fired == [("past", 1_000), ("sooner", 2_000), ("later", 3_000)]
