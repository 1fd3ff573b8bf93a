import pytest

from simulators.server import real_time
from simulators.server.real_time import RealTime


@pytest.fixture
def slept(monkeypatch):
    """The wall clock shows 100.25 s; what is slept is only written down."""
    seconds = []

    async def sleep(delay_s):
        seconds.append(delay_s)

    monkeypatch.setattr(real_time, "time", lambda: 100.25)
    monkeypatch.setattr(real_time.asyncio, "sleep", sleep)
    return seconds


async def test_an_advance_is_over_when_the_wall_clock_is_there(slept):
    advanced = await RealTime().advance(101_000, {})
    assert slept == [0.75]
    assert advanced.now_ms == 101_000


async def test_a_world_that_fell_behind_catches_up(slept):
    await RealTime().advance(90_000, {"c1": 3})
    assert slept == [0]


@pytest.mark.parametrize(("now_ms", "next_ms"), [(101_000, 102_000), (101_250, 102_000), (101_999, 102_000)])
async def test_the_next_look_is_at_the_next_whole_second(slept, now_ms, next_ms):
    advanced = await RealTime().advance(now_ms, {})
    assert advanced.next_timer_ms == next_ms
    assert advanced.sent == {}


def test_a_world_begins_at_a_whole_second_that_is_not_ahead(slept):
    assert RealTime.now_ms() == 100_000
