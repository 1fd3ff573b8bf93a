"""Finding one thing in the read models. What was asked for, and is not decided or can't be read yet, is not missing."""

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
LOOK_S = 0.01


async def found(context: Context, query: Callable[[Connection], T | None]) -> T | None:
    """What a query finds. None: there is none, after all that was asked before this, on whichever instance.

    Raises a 503 problem where the processors or the read models stay behind that.
    """
    row = await context.database.read(query)
    if row is not None:
        return row
    if not await _all_decided(context.log):
        raise Problem(503, "what was asked for lately is not decided yet: ask again", headers=SOON)
    if not await _all_applied(context):
        raise Problem(503, "what was decided lately can't be read yet: ask again", headers=SOON)
    return await context.database.read(query)


async def _all_decided(log: Log) -> bool:
    """Whether what has been told to the processors is decided; each in turn, since they tell the next ones."""
    try:
        async with asyncio.timeout(READ_WAIT_S):
            for processor in PROCESSORS:
                ends = await log.ends(inputs(processor))
                while not is_past(await log.consumed(processor), ends):
                    await asyncio.sleep(LOOK_S)
    except TimeoutError:
        return False
    return True


async def _all_applied(context: Context) -> bool:
    ends = [Position(partition, offset) for partition, offset in (await context.log.ends(EVENTS)).items() if offset]
    return all(await asyncio.gather(*(context.applied.passed(position, READ_WAIT_S) for position in ends)))
