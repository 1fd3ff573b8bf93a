"""How far the read models are, where a projector in another process makes them."""

from __future__ import annotations

from projections.applied import Applied
from services.parts.base import Base
from services.parts.loops import LoopsPart


class AppliedPart(LoopsPart):
    """Hears of it as it happens."""

    name = "applied"

    def __init__(self, base: Base) -> None:
        self.applied = Applied(base.read_models)
        super().__init__(self.applied)
