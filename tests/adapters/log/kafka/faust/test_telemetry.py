"""Telemetry workers that die, stop, come and go: every reading is in the series exactly once, and nothing blocks."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.time.clock import SystemClock
from adapters.timeseries.sqlite import SqliteSeries
from commands.log.codec import decode, entry
from commands.log.topics import dead, inputs
from commands.ports.log import Entry
from domain.records import input_record
from domain.records.observations import Metered, Reading
from tests.adapters.child_process import ChildProcess

NOW_MS = SystemClock().now_ms()
"""Workers forget what is older than the series are kept: whenever this runs, none of it may be."""
SITES = tuple(f"site{number}" for number in range(12))
ALWAYS = (0, 1 << 50)
PATIENCE_S = 120  # never waited for, unless something is broken
PAUSE_S = 0.02
"""Between repeats: a worker that comes late should not find thousands."""


TRANSACTIONS = 300
ACKNOWLEDGED_WITHIN_S = 60
"""By one transaction at a time it would take 150 s."""


class Worker(ChildProcess):
    """A process; `line` waits for a line of its output."""

    def __init__(self, settings: KafkaSettings, folder: Path, kill_at: int, *after: str) -> None:
        told = [settings.model_dump_json(), str(folder), str(kill_at), *after]
        super().__init__([sys.executable, "-m", "tests.adapters.log.kafka.faust.worker", *told], PATIENCE_S)

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)


@contextmanager
def working(settings: KafkaSettings, folder: Path, kill_at: int = 0, *after: str) -> Iterator[Worker]:
    worker = Worker(settings, folder, kill_at, *after)
    try:
        yield worker
    finally:
        worker.end()


@pytest.fixture
def series(tmp_path: Path) -> Iterator[SqliteSeries]:
    opened = SqliteSeries.open(tmp_path)
    yield opened
    opened.close()


def metered(number: int) -> Entry:
    said = Metered(
        charger_id=f"c{number % 12}",
        evse_id=1,
        transaction_id="7",
        charger_time_ms=NOW_MS,
        current_ma=None,
        power_w=number,
        energy_wh=None,
        fresh=True,
    )
    stream = f"load:{SITES[number % 12]}"
    return entry(input_record(f"m{number:05}", "/test", stream, NOW_MS + number, said, actor="t"))


def reading(number: int) -> Entry:
    said = Reading(
        vehicle_id="v1", source="driver", enterprise_id=None, observed_ms=NOW_MS + number, level_permille=500
    )
    return entry(input_record(f"r{number:05}", "/test", f"vehicles:v{number % 12}", NOW_MS + number, said, actor="t"))


async def tell(log: KafkaLog, numbers: Sequence[int]) -> None:
    """In transactions of several, so that their marks leave gaps between the offsets."""
    for start in range(0, len(numbers), 20):
        some = numbers[start : start + 20]
        await log.append(inputs("load"), [metered(number) for number in some])
        await log.append(inputs("vehicles"), [reading(number) for number in some])


async def kept(series: SqliteSeries) -> tuple[list[str], list[int]]:
    values = [value.id for site in SITES for value in await series.meter_values(site, *ALWAYS)]
    events = [event.observed_ms - NOW_MS for event in await series.telemetry("v1", "soc", *ALWAYS, 1 << 20)]
    return sorted(values), sorted(events)


def acknowledged(settings: KafkaSettings, topic: str, partition: int) -> int:
    """How far the group has read, by Kafka's count: the next offset; below 0: it has not."""
    admin = AdminClient(settings.client())
    [told] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(f"{settings.prefix}telemetry")]).values()
    place = settings.prefix + topic, partition
    return max(
        (one.offset for one in told.result().topic_partitions if (one.topic, one.partition) == place), default=-1
    )


async def all_kept(series: SqliteSeries, count: int) -> None:
    """Wait until every one of `count` is there, once."""
    expected = [f"m{number:05}" for number in range(count)], list(range(count))
    async with asyncio.timeout(PATIENCE_S):
        while await kept(series) != expected:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_at_seeded_points_and_rebalanced_every_reading_is_there_once(
    settings: KafkaSettings, log: KafkaLog, series: SqliteSeries, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    numbers = list(range(1200))
    load = asyncio.create_task(tell(log, numbers))
    with ExitStack() as workers:
        lasting = workers.enter_context(working(settings, tmp_path))
        for after in ([], ["after"], []):
            dying = workers.enter_context(working(settings, tmp_path, rng.randrange(1, 4), *after))
            done = asyncio.create_task(dying.ended())
            late = 1200 + len(numbers)
            while not done.done():  # until it has partitions, and batches
                await tell(log, [late % 1200])
                await asyncio.sleep(PAUSE_S)
                late += 7
            assert await done == -signal.SIGKILL
        await load
        lasting.process.terminate()
        assert await lasting.ended() == 0
        workers.enter_context(working(settings, tmp_path))
        await all_kept(series, 1200)


async def test_transactions_do_not_hold_up_how_far_is_acknowledged(
    settings: KafkaSettings, log: KafkaLog, tmp_path: Path
) -> None:
    for number in range(TRANSACTIONS):
        *_, last = await log.append(inputs("load"), [metered(12 * number), metered(12 * number + 12)])
    with working(settings, tmp_path):
        async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
            while await asyncio.to_thread(acknowledged, settings, inputs("load"), last.partition) < last.offset:
                await asyncio.sleep(0.1)
    assert acknowledged(settings, inputs("load"), last.partition) >= last.offset


async def test_what_can_not_be_read_is_set_aside_with_its_place_and_the_rest_goes_on(
    settings: KafkaSettings, log: KafkaLog, series: SqliteSeries, tmp_path: Path
) -> None:
    topic = inputs("load")
    await tell(log, range(20))
    unknown = metered(0).body.replace(b'"current_ma"', b'"current_mb"')
    [garbage, strange] = await log.append(topic, [Entry("load:site0", b"\xff{"), Entry("load:site0", unknown)])
    await tell(log, range(20, 40))
    with working(settings, tmp_path):
        await all_kept(series, 40)
        letters = []
        async with asyncio.timeout(PATIENCE_S):
            while len(letters) < 2:
                found = [await log.read(dead(topic), partition) for partition in range(log.partitions(dead(topic)))]
                letters = [decode(stored.body).data for page in found for stored in page]
    assert [(letter.topic, letter.partition, letter.offset) for letter in letters] == [
        (topic, place.partition, place.offset) for place in (garbage, strange)
    ]
    assert [b64decode(letter.body_base64) for letter in letters] == [b"\xff{", unknown]
    assert "current_mb" in letters[1].reason


async def test_while_the_series_are_away_nothing_is_taken_and_nothing_is_lost_not_even_by_a_stop(
    settings: KafkaSettings, log: KafkaLog, series: SqliteSeries, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.touch()
    await tell(log, range(100))
    with working(settings, tmp_path) as worker:
        await worker.line("away")
        worker.process.terminate()
        assert await worker.ended() == 0
    with working(settings, tmp_path) as worker:
        await worker.line("away")
        await tell(log, range(100, 200))
        assert await kept(series) == ([], [])
        away.unlink()
        await all_kept(series, 200)
