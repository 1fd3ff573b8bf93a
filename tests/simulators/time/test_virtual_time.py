import asyncio

import pytest

from simulators.time.virtual_time import Repeater, Signal, VirtualTime, parse_ms, rfc3339


async def pass_until(time: VirtualTime, until_ms: int) -> None:
    """A world without anything else in it."""
    await time.quiet()
    while (next_ms := time.next_ms()) is not None and next_ms <= until_ms:
        time.go_to(next_ms)
        time.fire_due()
        await time.quiet()
    time.go_to(until_ms)


async def test_alarms_come_in_the_order_of_time_then_of_asking():
    time, heard = VirtualTime(0), []
    for name, at_ms in (("late", 20), ("first", 10), ("second", 10)):
        time.at(at_ms, lambda name=name: heard.append(name))
    assert time.next_ms() == 10
    time.go_to(20)
    assert time.fire_due()
    assert heard == ["first", "second", "late"]
    assert not time.fire_due()


async def test_a_cancelled_alarm_is_no_reason_to_wake():
    time = VirtualTime(0)
    time.at(10, lambda: None).cancel()
    assert time.next_ms() is None


async def test_sleepers_wake_at_their_time_and_quiet_waits_for_what_they_do_then():
    time, woke = VirtualTime(0), []

    async def sleeper(seconds: float) -> None:
        await time.sleep(seconds)
        await asyncio.sleep(0.001)  # a call to the outside: time must not pass meanwhile
        woke.append((seconds, time.now_ms))

    for seconds in (3, 1, 2):
        time.spawn(sleeper(seconds))
    await pass_until(time, 10_000)
    assert woke == [(1, 1000), (2, 2000), (3, 3000)]


async def test_a_signal_wakes_all_who_wait_and_says_whether_it_came_in_time():
    time, told = VirtualTime(0), []
    signal = Signal(time)

    async def waiter(until_ms: int) -> None:
        told.append(await signal.wait(until_ms))

    time.spawn(waiter(1000))
    time.spawn(waiter(9000))
    time.at(5000, signal.fire)
    await pass_until(time, 10_000)
    assert told == [False, True]


async def test_a_failure_is_raised_not_lost():
    time = VirtualTime(0)

    async def broken() -> None:
        await time.sleep(1)
        raise RuntimeError("broken")

    time.spawn(broken())
    with pytest.raises(RuntimeError, match="broken"):
        await pass_until(time, 2000)


async def test_whoever_takes_too_long_is_left_running_and_counted():
    time, gate = VirtualTime(0), asyncio.Event()
    task = time.spawn(gate.wait())
    await time.quiet(backstop_s=0.001)
    assert time.overdue == 1
    gate.set()
    await time.quiet()
    assert task.done()


async def test_a_repeater_keeps_to_its_multiples_whenever_it_was_started():
    time, at = VirtualTime(1500), []
    repeater = Repeater(time, lambda: at.append(time.now_ms))
    repeater.every(1)
    await pass_until(time, 3500)
    repeater.every(2, phase_ms=500)
    await pass_until(time, 7000)
    repeater.every(0)
    await pass_until(time, 20_000)
    assert at == [2000, 3000, 4500, 6500]


def test_instants_are_written_and_read_in_utc():
    assert rfc3339(1_552_054_018_131) == "2019-03-08T14:06:58.131Z"
    assert parse_ms("2019-03-08T14:06:58.131Z") == 1_552_054_018_131
    assert parse_ms("2019-03-08T06:06:58.131-08:00") == 1_552_054_018_131
    assert parse_ms(" 2019-03-08T14:06:58.131 ") == 1_552_054_018_131
