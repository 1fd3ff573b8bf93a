"""Finding one thing in the read models. What was decided, and can't be read yet, is not called missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from api.context import Context
from api.problems import SOON, Problem
from commands.ports import Position
from projections.applied import READ_WAIT_S

T = TypeVar("T")


async def found(context: Context, query: Callable[[Connection], T | None]) -> T | None:
    """What a query finds. None: there is none, after everything that this instance knows to be decided.

    Raises a 503 problem where the read models stay behind that.
    """
    row = await context.database.read(query)
    if row is not None:
        return row
    if not await _all_applied(context):
        raise Problem(503, "what was decided lately can't be read yet: ask again", headers=SOON)
    return await context.database.read(query)


async def _all_applied(context: Context) -> bool:
    seen = [Position(partition, offset) for partition, offset in context.outcomes.seen().items()]
    return all(await asyncio.gather(*(context.applied.passed(position, READ_WAIT_S) for position in seen)))
