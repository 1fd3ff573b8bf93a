"""The watch over the gateways. Several do no harm: their inputs have the same id, and the host drops repeats."""

from __future__ import annotations

from adapters.ocpp.liveness.gateway_watch import GatewayWatch
from services.parts.base import Base
from services.parts.loops import LoopsPart


class GatewayWatchPart(LoopsPart):
    """For many processes only: a platform in one process gives up its own sockets when it restarts."""

    name = "gateway watch"

    def __init__(self, base: Base) -> None:
        super().__init__(GatewayWatch(base.log, base.clock))
