"""Retention of the inputs of the embedded log, by topic."""

from __future__ import annotations

from functools import partial

from adapters.log.sqlite.log import SqliteLog
from adapters.log.sqlite.retention import Retention
from adapters.timeseries.worker import consumed
from services.parts.base import Base
from services.parts.loops import LoopsPart


class RetentionPart(LoopsPart):
    """Deletes expired inputs; what it does not get to, the next run does."""

    name = "retention"

    def __init__(self, base: Base, log: SqliteLog) -> None:
        super().__init__(Retention(log, base.clock, partial(consumed, base.series)))
