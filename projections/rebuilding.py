"""Rebuilding the read models from the first event, in shadow tables beside the live ones."""

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
"""How long the live projector is blocked at most; usually it is less than a second."""


class ShadowTables(Protocol):
    """Tables beside the live ones."""

    @property
    def database(self) -> Database: ...

    async def put_in_place(self, ready: Callable[[Connection], None]) -> None:
        """Swap once `ready`, called with the live tables in one transaction, returns."""


class TooSlow(Exception):
    """The new read models did not catch up with the live ones, which are unchanged."""


async def rebuild(log: Log, shadow: ShadowTables, report: Callable[[int, int], None]) -> None:
    """Fill the shadow tables, then put them in place. `report` is called with the applied offsets, and all of them.

    A live projector goes on in the new tables. Raises `TooSlow`.
    """
    projector = Projector(log, shadow.database)
    running = asyncio.create_task(projector.run())
    try:
        while not projector.caught_up(ends := await log.ends(EVENTS)):
            report(sum(projector.position().values()), sum(ends.values()))
            await _look(running)
        report(1, 1)
        await shadow.put_in_place(lambda connection: _catch_up(connection, projector.position))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _catch_up(live: Connection, position: Callable[[], Mapping[int, int]]) -> None:
    """Block the live projector until the new tables have caught up, so that no event seems to vanish."""
    reached = progress.hold(live)
    until = time.monotonic() + CATCH_UP_S
    while not is_past(position(), reached):
        if time.monotonic() > until:
            raise TooSlow(f"the new read models did not catch up with the live ones within {CATCH_UP_S:.0f} s")
        time.sleep(LOOK_S)


async def _look(running: asyncio.Task[None]) -> None:
    """Wait `LOOK_S`. Raises what ended the projector, if it has ended."""
    done, _ = await asyncio.wait([running], timeout=LOOK_S)
    for task in done:
        task.result()
