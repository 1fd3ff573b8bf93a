"""A part of the platform, as a process runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack


class Part:
    """Started in the order in which a process names its parts, stopped the other way round."""

    name: str

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        """Return once it works. What runs on does so in `tasks`; a failure there ends the process."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Take nothing more, finish what was accepted."""

    def idle(self) -> bool:
        """Whether, but for what is on the log, it has nothing to do until somebody or the clock says something new."""
        return True

    def frames(self) -> Mapping[str, tuple[int, int]]:
        """Frames (read, written) on the sockets of chargers, by OCPP identity."""
        return {}

    def gauges(self) -> Mapping[str, float]:
        """For Prometheus: what a dashboard would show of it, by the name of a gauge without its prefix."""
        return {}


async def run(parts: Sequence[Part], serving: Callable[[], None], ending: Callable[[], None] = lambda: None) -> None:
    """Start all, call `serving`, and go on until cancelled or until one fails (an `ExceptionGroup`).

    Then call `ending` and stop all.
    """
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stopping:
        try:
            for part in parts:
                stopping.push_async_callback(part.stop)
                await part.start(tasks)
            serving()
            await asyncio.Event().wait()
        finally:
            ending()


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Return once they have; what failed is told by their group."""
    if pending := list(tasks):
        await asyncio.wait(pending)


async def cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Break off what may be broken off anywhere."""
    pending = list(tasks)
    for task in pending:
        task.cancel()
    await ended(pending)
