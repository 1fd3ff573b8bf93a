"""The projector of all read models, which share one consumed position so that each event counts once."""

from __future__ import annotations

from collections.abc import Mapping

from projections.runner import Projector
from services.parts.base import Base
from services.parts.loops import LoopsPart


class ProjectorPart(LoopsPart):
    """Its batch is one transaction, which a cancellation rolls back."""

    name = "projector"

    def __init__(self, base: Base) -> None:
        self.projector = Projector(base.log, base.read_models)
        super().__init__(self.projector)

    def gauges(self) -> Mapping[str, float]:
        applied = self.projector.position()
        return {"projections_partitions": len(applied), "projections_offsets_sum": sum(applied.values())}
