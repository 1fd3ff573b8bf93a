"""The REST API and its pages."""

from __future__ import annotations

import asyncio
from functools import partial

from adapters.identity.principals import Identity
from adapters.ids import uuid7
from adapters.notify.services import check_channel
from api.app import create_app
from api.context import Context
from api.operations.live import Live
from commands.ports.applied import Applied
from projections import accounts
from services.base import version
from services.base.first_start import print_first_operator
from services.base.http import HttpServer
from services.parts.base import Base
from services.parts.part import Part, cancelled


class ApiPart(Part):
    """Stateless, so there may be many instances. `applied`: the position of the read models."""

    name = "api"

    def __init__(self, base: Base, applied: Applied) -> None:
        self._base = base
        read_models = base.read_models
        identity = Identity(
            base.vault, lambda account_id: read_models.read(partial(accounts.principal, account_id=account_id))
        )
        self._live = Live(base.log, applied, base.series)
        context = Context(
            base.log,
            base.clock,
            read_models,
            applied,
            base.outcomes,
            base.vault,
            identity,
            uuid7,
            base.series,
            self._live,
            check_channel,
        )
        app = create_app(context, version.number(), base.tracer)
        self._server = HttpServer(app, base.settings.host, base.settings.api_port)
        self._running: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        await self._base.vault.tokens.prepare()
        await print_first_operator(self._base.log, self._base.vault, self._base.clock.now_ms())
        await self._base.read_models_exist()
        self._running = [tasks.create_task(self._live.run(), name="live")]
        await self._server.start(tasks)

    async def stop(self) -> None:
        self._live.end()
        await self._server.stop()
        await cancelled(self._running)
