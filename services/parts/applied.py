"""The position of the read models of a projector in another process."""

from __future__ import annotations

from projections.applied import Applied
from services.parts.base import Base
from services.parts.loops import LoopsPart


class AppliedPart(LoopsPart):
    """Follows the position as it changes."""

    name = "applied"

    def __init__(self, base: Base) -> None:
        self.applied = Applied(base.read_models)
        super().__init__(self.applied)
