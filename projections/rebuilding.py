"""Read models made again from the first event, beside those that are read until the new ones are as far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from sqlalchemy import Connection

from commands.log.positions import is_past
from commands.log.topics import EVENTS
from commands.ports.log import Log
from projections import progress
from projections.database import Database
from projections.runner import Projector

LOOK_S = 0.05
CATCH_UP_S = 20.0
"""So long the live projector is held up at most; less than a second where the new tables are at its heels."""


class ShadowTables(Protocol):
    """New tables beside the live ones."""

    @property
    def database(self) -> Database: ...

    async def put_in_place(self, ready: Callable[[Connection], None]) -> None:
        """Swap once `ready`, called with the live tables in one transaction, returns."""


class TooSlow(Exception):
    """The new read models did not catch up with the live ones; those are as they were."""


async def rebuild(log: Log, shadow: ShadowTables, tell: Callable[[int, int], None]) -> None:
    """Fill the shadow tables, then put them in place. `tell` hears how many offsets of how many are applied.

    Whoever projects into the live tables meanwhile goes on in the new ones. Raises `TooSlow`.
    """
    projector = Projector(log, shadow.database)
    running = asyncio.create_task(projector.run())
    try:
        while not projector.caught_up(ends := await log.ends(EVENTS)):
            tell(sum(projector.position().values()), sum(ends.values()))
            await _look(running)
        tell(1, 1)
        await shadow.put_in_place(lambda connection: _as_far(connection, projector.position))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _as_far(live: Connection, position: Callable[[], Mapping[int, int]]) -> None:
    """Hold the live projector up until the new tables are as far as it is: else events would seem to vanish."""
    reached = progress.hold(live)
    until = time.monotonic() + CATCH_UP_S
    while not is_past(position(), reached):
        if time.monotonic() > until:
            raise TooSlow(f"the new read models were not as far as the live ones within {CATCH_UP_S:.0f} s")
        time.sleep(LOOK_S)


async def _look(running: asyncio.Task[None]) -> None:
    """Wait a little; raises what ended the projector, if it ended."""
    done, _ = await asyncio.wait([running], timeout=LOOK_S)
    for task in done:
        task.result()
