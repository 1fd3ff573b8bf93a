"""The gateway, to which chargers connect."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from adapters.identity.chargers import VaultDirectory
from adapters.ocpp.gateway import Gateway
from adapters.ocpp.proxies import networks
from adapters.ocpp.settings import Settings
from adapters.ocpp.v16.dialect import Ocpp16
from projections import cards, chargers
from services.parts.base import Base
from services.parts.part import Part


class GatewayPart(Part):
    """When it stops it closes each socket (1001) and records that. `port` is the one that it listens on."""

    name = "gateway"

    def __init__(self, base: Base) -> None:
        self._base = base
        read_models = base.read_models
        directory = VaultDirectory(
            base.vault,
            lambda ocpp_id: read_models.read(partial(chargers.identity, ocpp_id=ocpp_id)),
            lambda token_ref: read_models.read(partial(cards.change_of, token_ref=token_ref)),
        )
        settings = Settings(
            gateway_id=base.settings.gateway_id,
            ping_interval_s=base.settings.ping_s or None,
            trusted_proxies=networks(base.settings.trusted_proxies),
        )
        self._gateway = Gateway(
            base.log, base.clock, directory, base.outcomes, settings, dialects=(Ocpp16(),), tracer=base.tracer
        )
        self.port = 0

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._base.read_models_exist()
        self.port = await self._gateway.start(self._base.settings.host, self._base.settings.ocpp_port)

    async def stop(self) -> None:
        await self._gateway.close()

    def idle(self) -> bool:
        return self._gateway.idle()

    def frames(self) -> Mapping[str, tuple[int, int]]:
        return self._gateway.frames()

    def gauges(self) -> Mapping[str, float]:
        return {"chargers_connected": len(self.frames())}
