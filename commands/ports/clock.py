"""The port of the clock service."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The clock service: the only source of the times at which inputs are received."""

    def now_ms(self) -> int:
        """The time in ms since 1970 UTC. It never goes back."""

    async def sleep_until(self, due_ms: int) -> None:
        """Return once the clock has reached `due_ms`."""
