"""Ownership of chargers: what a gateway does once it is decided on the log which socket speaks for a charger."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from adapters.ocpp.background import BackgroundTasks
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.one_shots import OneShots
from adapters.ocpp.recorder import Observation
from adapters.ocpp.sockets import Sockets
from domain.electrical.outlet_id import charger_of
from domain.load_control.desired import Desired
from domain.records import derived_id
from domain.records.load import ChargerConnected, ChargerDisconnected
from domain.records.observations import Disconnected

LOST = "the gateway was stopped"

log = structlog.get_logger()


class Ownership:
    """Supersedes sockets, releases commands, and gives up the sockets of the gateway's earlier runs."""

    def __init__(self, context: GatewayContext, sockets: Sockets, one_shots: OneShots) -> None:
        self._context = context
        self._gateway_id = context.settings.gateway_id
        self._sockets = sockets
        self._one_shots = one_shots
        self._background = BackgroundTasks()

    def connected(self, site_id: str, decided: ChargerConnected) -> None:
        """A socket, here or at another gateway, owns its charger from now on: an older one of ours is closed.

        It is decided for each of the charger's outlets, and does nothing more the second time.
        """
        charger_id = charger_of(decided.charger_id)
        connection = self._sockets.newest_of(charger_id)
        if connection is not None and connection.id == decided.connection_id:
            connection.owns = True
        elif connection is not None and connection.owns:
            log.info("charger connected elsewhere", charger=charger_id, gateway=decided.gateway_id)
            self._sockets.supersede(connection)
        if decided.gateway_id != self._gateway_id:
            self._one_shots.release(site_id, charger_id)
        elif not self._sockets.opened_here(decided.connection_id):
            lost = self._lost(site_id, charger_id, decided.connection_id)
            self._background.start(self._context.recorder.persist_with_retry(lost))

    def disconnected(self, decided: ChargerDisconnected) -> None:
        """A socket of ours was given up (this gateway had been silent for too long) that may still be open."""
        connection = self._sockets.newest_of(charger_of(decided.charger_id))
        if connection is not None and connection.id == decided.connection_id:
            self._sockets.reopen(connection)

    async def give_up_earlier_sockets(self, desired: Iterable[Desired]) -> None:
        """What the log takes for open at this gateway ended with its earlier run; other gateways keep what is theirs.

        Raises `LogError`.
        """
        lost = {}
        for one in desired:
            if one.owner is None:
                continue
            charger_id, connection_id = charger_of(one.charger_id), one.owner.connection_id
            if one.owner.gateway_id != self._gateway_id:
                self._one_shots.release(one.site_id, charger_id)
            else:
                lost[connection_id] = self._lost(one.site_id, charger_id, connection_id)
        if lost:
            await self._context.recorder.persist(*lost.values())

    async def close(self) -> None:
        await self._background.cancel()

    def _lost(self, site_id: str, charger_id: str, connection_id: str) -> Observation:
        ended = Disconnected(charger_id=charger_id, connection_id=connection_id, reason=LOST)
        return self._context.recorder.observation(site_id, ended, derived_id("lost", connection_id), connection_id)
