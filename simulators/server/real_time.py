"""The wall clock in the control socket's place: for a server that keeps time by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import time

from simulators.server.control import Advanced

STEP_MS = 1000


class RealTime:
    """Paces a `World`: an advance is over when the wall clock is there, and the next one lies within a second.

    Frames are answered as they come, whatever is waited for here. What this server sent, and when its timers are due,
    nobody is told: the world just looks again each second. A world that fell behind (a slow call) catches up.
    """

    @staticmethod
    def now_ms() -> int:
        """The present whole second, ms since 1970 UTC."""
        return int(time()) * 1000

    async def advance(self, to_ms: int, sent: Mapping[str, int]) -> Advanced:
        await asyncio.sleep(max(0.0, to_ms / 1000 - time()))
        return Advanced(to_ms, to_ms - to_ms % STEP_MS + STEP_MS, {})
