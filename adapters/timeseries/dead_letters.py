"""Dead letters: inputs on brokers that telemetry can't read, because other builds or tools wrote them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from prometheus_client import Counter

from adapters.timeseries.sources import SeriesSource, write_page
from commands.log.codec import entry
from commands.log.topics import dead, stream
from commands.ports.clock import Clock
from commands.ports.log import Entry, Log, Stored
from commands.ports.series import TimeSeries
from domain.records import derived_id, input_record
from domain.records.dead_letters import DeadLetter

DEAD_LETTERS = Counter("commonwatt_dead_letters", "Inputs that telemetry could not read and set aside", ("topic",))

log_line = structlog.get_logger("telemetry")


def batch_writer(log: Log, series: TimeSeries, clock: Clock, source: SeriesSource) -> Callable[[Sequence[Stored]], Any]:
    """A function that writes the rows of a batch. Records that can't be read become dead letters first.

    Repeats do no harm: the id of a dead letter is derived from the place of the record.
    """

    async def write_batch(batch: Sequence[Stored]) -> None:
        rows: list[Any] = []
        letters: list[Entry] = []
        for stored in batch:
            try:
                rows += source.rows_of(stored)
            except Exception as error:  # a defect, too, must not hold up the next record
                letters.append(_letter(source.topic, stored, str(error), clock.now_ms()))
        if letters:
            await log.append(dead(source.topic), letters)
            DEAD_LETTERS.labels(source.topic).inc(len(letters))
            log_line.error("dead letters", topic=source.topic, count=len(letters))
        await write_page(series, source.topic, batch, rows)

    return write_batch


def _letter(topic: str, stored: Stored, reason: str, now_ms: int) -> Entry:
    place = stored.position
    letter = DeadLetter(
        topic=topic,
        partition=place.partition,
        offset=place.offset,
        key=stored.key,
        reason=reason,
        body_base64=b64encode(stored.body).decode(),
    )
    about = derived_id("dead letter", topic, place.partition, place.offset)
    return entry(input_record(about, "/telemetry", stream("telemetry", topic), now_ms, letter, actor="telemetry"))
