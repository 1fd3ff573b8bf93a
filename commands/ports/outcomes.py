"""Decisions as they appear on the log."""

from __future__ import annotations

from typing import Protocol

from domain.records import Record


class Outcomes(Protocol):
    """Decisions as they appear on the log, for an edge that must answer with one."""

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        """The first event of one of `types` (or `input.rejected.v1`) with this correlation id; None after `timeout_s`.

        Wall time, a backstop: the processors' own timers decide in time. Events that came before the call count too
        (the last 10,000 are remembered).
        """
