"""The writers of the time series, as tasks of this process."""

from __future__ import annotations

from adapters.timeseries.worker import workers
from services.parts.base import Base
from services.parts.loops import LoopsPart


class TelemetryPart(LoopsPart):
    """Rows and consumed position are written in one transaction."""

    name = "telemetry"

    def __init__(self, base: Base) -> None:
        super().__init__(*workers(base.log, base.series, base.clock))
