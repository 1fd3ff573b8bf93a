"""Workers that stop, die, come and go: every input has its outputs exactly once for whoever reads what is committed."""

from __future__ import annotations

import asyncio
import signal

import pytest

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from processors.engine.host import Host
from tests.adapters.log.kafka.story import assert_exactly_once, handled, inputs, tell, worker
from tests.processors.counting import Counting


@pytest.mark.parametrize("attempt_s", [1, 30], ids=["its attempt is over", "its attempt goes on"])
async def test_a_worker_stopped_between_offsets_and_commit_is_fenced_when_it_wakes_up(
    settings: KafkaSettings, log: KafkaLog, attempt_s: int
) -> None:
    """While it is stopped its successor restores, and consumes the very inputs of the open transaction."""
    given = inputs(0, 90)
    impatient = settings.model_copy(update={"attempt_timeout_s": attempt_s})
    with worker(impatient, "zombie", stop_at=2) as zombie:
        await zombie.line("ready")
        await tell(log, given[:1])
        await handled(log)
        await tell(log, given[1:50])
        await zombie.line("stopped")
        with worker(settings, "successor") as successor:
            await successor.line("ready")
            await tell(log, given[50:70])
            await handled(log)
            zombie.send(signal.SIGCONT)
            await zombie.line("fenced")
            await tell(log, given[70:])
            await handled(log)
    await assert_exactly_once(log, given)


async def test_workers_come_and_go_under_load(settings: KafkaSettings, log: KafkaLog) -> None:
    given = inputs(0, 1200)
    steps = [given[start : start + 200] for start in range(0, 1200, 200)]
    with worker(settings, "a") as a:
        await a.line("ready")
        await tell(log, steps[0])
        load = asyncio.create_task(tell(log, steps[1]))
        with worker(settings, "b") as b:
            await b.line("ready")
            await load
            load = asyncio.create_task(tell(log, steps[2]))
            a.send(signal.SIGTERM)
            await a.line("done")
            await load
            await handled(log)
            load = asyncio.create_task(tell(log, steps[3]))
            with worker(settings, "c") as c:
                await c.line("ready")
                await load
                load = asyncio.create_task(tell(log, steps[4]))
                b.send(signal.SIGKILL)
                await load
                await tell(log, steps[5])
                await handled(log)
    await assert_exactly_once(log, given)


async def test_an_input_that_two_producers_appended_is_recognised(settings: KafkaSettings, log: KafkaLog) -> None:
    given = inputs(0, 24)
    other = KafkaLog.open(settings)
    host = Host(Counting(), other, "b1")
    await host.restore()
    running = asyncio.create_task(host.run())
    await asyncio.gather(tell(log, given), tell(other, given))
    await handled(log)
    await other.close()
    await running
    await assert_exactly_once(log, given)
