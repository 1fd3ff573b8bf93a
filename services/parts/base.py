"""The resources that the parts of a process share: settings, log, clock and databases, each opened at its first use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property

from adapters.database import Database
from adapters.log.outcomes import LogOutcomes
from adapters.notify.outbox import Outbox
from adapters.vault.vault import Vault
from commands.ports.clock import Clock
from commands.ports.tracing import Tracer
from projections import progress
from services.base.databases import Databases, Series
from services.base.logs import AnyLog
from services.base.settings import ProcessSettings
from services.base.tracing import tracing

POLL_S = 0.05


class Base:
    """The shared resources, made by `on`, which closes what was opened."""

    def __init__(
        self,
        settings: ProcessSettings,
        databases: Databases,
        log: AnyLog,
        clock: Clock,
        tracer: Tracer,
        closing: AsyncExitStack,
    ) -> None:
        self.settings = settings
        self.log = log
        self.clock = clock
        self.tracer = tracer
        self._databases = databases
        self._closing = closing

    @cached_property
    def read_models(self) -> Database:
        """Raises `SettingsError`."""
        database = self._databases.open_read_models(self.settings.data)
        self._closing.callback(database.close)
        return database

    @cached_property
    def vault(self) -> Vault:
        """Raises `SettingsError`, `VaultError`."""
        vault = self._databases.open_vault(self.settings.data)
        self._closing.callback(vault.close)
        return vault

    @cached_property
    def series(self) -> Series:
        """Raises `SettingsError`."""
        series = self._databases.open_series(self.settings.data)
        self._closing.callback(series.close)
        return series

    @cached_property
    def outbox(self) -> Outbox:
        """Raises `SettingsError`."""
        outbox = self._databases.open_outbox(self.settings.data)
        self._closing.callback(outbox.close)
        return outbox

    @cached_property
    def outcomes(self) -> LogOutcomes:
        """Decisions, for every part that awaits one; `services.parts.outcomes` runs it."""
        return LogOutcomes(self.log)

    async def read_models_exist(self) -> None:
        """Return once a projector has made the tables."""
        while not await self.read_models.read(progress.exist):
            await asyncio.sleep(POLL_S)


@asynccontextmanager
async def on(
    log: AnyLog, clock: Clock, settings: ProcessSettings, databases: Databases, service: str
) -> AsyncIterator[Base]:
    """The shared resources; in the end all that were opened are closed, the log included. Raises `SettingsError`."""
    async with AsyncExitStack() as closing:
        closing.push_async_callback(log.close)
        tracer = closing.enter_context(tracing(service))
        yield Base(settings, databases, log, clock, tracer, closing)
