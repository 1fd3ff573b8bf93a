"""The port of outcomes: decisions as they appear on the log."""

from __future__ import annotations

from typing import Protocol

from domain.records import Record


class Outcomes(Protocol):
    """Decisions as they appear on the log, for an edge whose answer depends on one."""

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        """The first event of one of `types` (or `input.rejected.v1`) with this correlation id; None after `timeout_s`.

        The time-out is in wall time: processors have timers of their own. The last 10,000 events before the call count,
        too.
        """
