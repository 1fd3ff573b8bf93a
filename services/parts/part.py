"""A part of the platform in a process, and the run of all its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack


class Part:
    """Parts start in the order in which a process lists them, and stop in the reverse order."""

    name: str

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        """Start, and return once it works. Longer work runs in `tasks`, where a failure ends the process."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Accept no more work, and finish what was accepted."""

    def idle(self) -> bool:
        """Whether it has no work, apart from the log, until a caller or the clock brings some."""
        return True

    def frames(self) -> Mapping[str, tuple[int, int]]:
        """Frames (read, written) on the sockets of chargers, by OCPP identity."""
        return {}

    def gauges(self) -> Mapping[str, float]:
        """Gauges for Prometheus: name without prefix -> value."""
        return {}


async def run(parts: Sequence[Part], serving: Callable[[], None], ending: Callable[[], None] = lambda: None) -> None:
    """Start all, call `serving`, and run until cancelled or until one fails (an `ExceptionGroup`).

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
    """Return once the tasks have ended; their group raises their failures."""
    if pending := list(tasks):
        await asyncio.wait(pending)


async def cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks, and return once they have ended."""
    pending = list(tasks)
    for task in pending:
        task.cancel()
    await ended(pending)
