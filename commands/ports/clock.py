"""The clock service."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The clock service: the only source of `received_at`."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC; never goes back."""

    async def sleep_until(self, due_ms: int) -> None:
        """Return when the clock has reached `due_ms`."""
