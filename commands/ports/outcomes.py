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
    """Decisions as they appear on the log, for an edge that must answer with one."""

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        """The first event of one of `types` (or `input.rejected.v1`) with this correlation id; None after `timeout_s`.

        Wall time, a backstop: the processors' own timers decide in time. Events that came before the call count too
        (the last 10,000 are remembered).
        """

    async def find(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Outcome | None:
        """Like `wait`, with the decision's position."""
