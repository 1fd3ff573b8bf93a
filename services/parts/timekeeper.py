"""The timekeeper. Several do no harm: a timer that fires twice has the same id, and the host drops the repeat."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.time.timekeeper import Timekeeper
from services.parts.base import Base
from services.parts.loops import LoopsPart


class TimekeeperPart(LoopsPart):
    """Timers stay on the log until they have fired."""

    name = "timekeeper"

    def __init__(self, base: Base) -> None:
        self._timekeeper = Timekeeper(base.log, base.clock)
        super().__init__(self._timekeeper)

    def idle(self) -> bool:
        return self._timekeeper.idle()

    def gauges(self) -> Mapping[str, float]:
        return {"timers_waiting": len(self._timekeeper.waiting)}
