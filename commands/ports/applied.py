"""How far the read models have applied the events."""

from __future__ import annotations

from typing import Protocol

from commands.ports.log import Position


class Applied(Protocol):
    """How far the read models have applied the events, in this process or in another."""

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` can be read; False after `timeout_s`."""
