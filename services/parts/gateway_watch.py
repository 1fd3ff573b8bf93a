"""The watch over the gateways. Several do no harm: what is given up twice has the same id, and the host drops it."""

from __future__ import annotations

from adapters.ocpp.liveness.gateway_watch import GatewayWatch
from services.parts.base import Base
from services.parts.loops import LoopsPart


class GatewayWatchPart(LoopsPart):
    """For many processes: where all is one, it is its own restart that gives up what it held."""

    name = "gateway watch"

    def __init__(self, base: Base) -> None:
        super().__init__(GatewayWatch(base.log, base.clock))
