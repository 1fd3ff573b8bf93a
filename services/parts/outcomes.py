"""The decisions that the edges of this process await, followed on the log."""

from __future__ import annotations

from services.parts.base import Base
from services.parts.loops import LoopsPart


class OutcomesPart(LoopsPart):
    """Starts before the parts that await decisions, and so stops after them."""

    name = "outcomes"

    def __init__(self, base: Base) -> None:
        super().__init__(base.outcomes)
