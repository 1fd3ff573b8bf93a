"""Retries after an outage: a full disk or a lost database stops a part only for a while."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from commands.ports.database import DatabaseUnavailable
from commands.ports.log import LogFull

POLL_S = 1.0

log_line = structlog.get_logger("retry_on_outage")


class Loop(Protocol):
    """Work that leaves nothing half-done when its `run` raises, so that it can run again."""

    async def run(self) -> None:
        """Run until the log closes."""


async def retry_on_outage(loop: Loop) -> None:
    """Run a loop; after `LogFull` or `DatabaseUnavailable` wait and run it again."""
    while True:
        try:
            return await loop.run()
        except LogFull as error:
            log_line.error("waiting for space", part=type(loop).__name__, error=str(error))
        except DatabaseUnavailable as error:
            log_line.error("waiting for the database", part=type(loop).__name__, error=str(error))
        await asyncio.sleep(POLL_S)
