"""Looking up one thing in the read models, so that a client reads what it wrote.

A thing that was asked for, but is not decided or can't be read yet, is not reported as missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from api.context import Context
from api.problems import SOON, Problem
from commands.log.positions import is_past
from commands.log.topics import EVENTS, PROCESSORS, inputs
from commands.ports.log import Log, Position
from projections.applied import READ_WAIT_S

T = TypeVar("T")
POLL_S = 0.01


async def find(context: Context, query: Callable[[Connection], T | None]) -> T | None:
    """The result of a query. None: there is none, even after all earlier requests, on any instance, are decided.

    Raises a 503 problem where the processors or the read models have not caught up in time.
    """
    row = await context.database.read(query)
    if row is not None:
        return row
    if not await _all_decided(context.log):
        raise Problem(503, "an earlier request is not decided yet: try again", headers=SOON)
    if not await _all_applied(context):
        raise Problem(503, "a recent decision can't be read yet: try again", headers=SOON)
    return await context.database.read(query)


async def _all_decided(log: Log) -> bool:
    """Whether all inputs are consumed: processor by processor, since each writes the inputs of the next ones."""
    try:
        async with asyncio.timeout(READ_WAIT_S):
            for processor in PROCESSORS:
                ends = await log.ends(inputs(processor))
                while not is_past(await log.consumed(processor), ends):
                    await asyncio.sleep(POLL_S)
    except TimeoutError:
        return False
    return True


async def _all_applied(context: Context) -> bool:
    """Whether the read models have applied all events."""
    ends = [Position(partition, offset) for partition, offset in (await context.log.ends(EVENTS)).items() if offset]
    return all(await asyncio.gather(*(context.applied.passed(position, READ_WAIT_S) for position in ends)))
