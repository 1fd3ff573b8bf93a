"""Decisions as they appear on the log, for the edges of this process that await them."""

from __future__ import annotations

from services.parts.base import Base
from services.parts.loops import LoopsPart


class OutcomesPart(LoopsPart):
    """Started before what awaits decisions, and so stopped after it."""

    name = "outcomes"

    def __init__(self, base: Base) -> None:
        super().__init__(base.outcomes)
