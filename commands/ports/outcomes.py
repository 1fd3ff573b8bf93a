"""Decisions as they appear on the log, for an edge that must answer with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from commands.ports.log import Position
from domain.records import Record


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision and where it is on the log."""

    record: Record
    position: Position


class Outcomes(Protocol):
    """Decisions as they appear on the log, for an edge whose answer depends on one."""

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        """The first event of one of `types` (or `input.rejected.v1`) with this correlation id; None after `timeout_s`.

        The time-out is in wall time: processors have timers of their own. The last 10,000 events before the call count,
        too.
        """

    async def find(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Outcome | None:
        """Like `wait`, with the decision's position."""
