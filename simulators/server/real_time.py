"""The wall clock in place of the control socket, for a server on real time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import time

from simulators.server.control import Advanced

STEP_MS = 1000


class RealTime:
    """Paces a `World`: an advance is over when the wall clock is there, and the next one lies within a second.

    Frames are answered as they arrive, whatever is awaited here. The number of the server's frames and its next timer
    are unknown, so the world checks again each second. A world that fell behind (a slow call) catches up.
    """

    @staticmethod
    def now_ms() -> int:
        """The present whole second, ms since 1970 UTC."""
        return int(time()) * 1000

    async def advance(self, to_ms: int, sent: Mapping[str, int]) -> Advanced:
        await asyncio.sleep(max(0.0, to_ms / 1000 - time()))
        return Advanced(to_ms, to_ms - to_ms % STEP_MS + STEP_MS, {})
