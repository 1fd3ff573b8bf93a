"""The embedded platform: every part of Commonwatt in one process, on one SQLite log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
import uvicorn

from adapters.clock import SimulatedClock, SystemClock
from adapters.database.database import Database
from adapters.directory import VaultDirectory
from adapters.identity import Identity
from adapters.ids import uuid7
from adapters.log.outcomes import Outcomes
from adapters.log.sqlite import SqliteLog
from adapters.notify.notifier import Notifier
from adapters.notify.outbox import Outbox
from adapters.notify.services import check_channel
from adapters.ocpp.gateway import Gateway
from adapters.timekeeper import Timekeeper
from adapters.timeseries.worker import workers
from adapters.vault import Vault
from api.app import create_app
from api.context import Context
from api.live import Live
from commands import topics
from commands.log_time import latest_ms
from commands.ports import Clock
from commands.tracing import Tracer
from processors.host import Host
from projections import accounts, chargers
from projections.runner import Projector
from services import version
from services.addresses import Addresses
from services.control import Control
from services.databases import Databases, Series
from services.memory import settle
from services.processors import all_processors
from services.recipients import recipients
from services.space import with_space
from services.tracing import tracing

log_line = structlog.get_logger("platform")
HOST = "127.0.0.1"
LOOK_S = 0.01
ANSWERED_S = 5
"""Wall time in which what is under way may be answered when the server stops."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run: ports (0: a free one) and, in a simulation, when virtual time starts, unless the log is later."""

    data: Path
    databases: Databases
    api_port: int
    ocpp_port: int
    starts_at_ms: int | None = None
    control_port: int = 0
    tick_s: int = 30


class Platform:
    """All parts, wired. `run` serves until it is cancelled or a part fails: then everything stops."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        log: SqliteLog,
        vault: Vault,
        database: Database,
        series: Series,
        outbox: Outbox,
        tracer: Tracer,
    ) -> None:
        self.settings = settings
        self.log = log
        self.vault = vault
        self.database = database
        self.clock = clock
        self.hosts = [Host(processor, log, tracer=tracer) for processor in all_processors(settings.tick_s * 1000)]
        self.projector = Projector(log, database)
        self.outcomes = Outcomes(log)
        self.timekeeper = Timekeeper(log, self.clock)
        self.series_workers = workers(log, series, self.clock)
        directory = VaultDirectory(vault, lambda ocpp_id: database.read(partial(chargers.identity, ocpp_id=ocpp_id)))
        self.gateway = Gateway(log, self.clock, directory, self.outcomes, tracer=tracer)
        identity = Identity(vault, lambda account_id: database.read(partial(accounts.principal, account_id=account_id)))
        self.live = Live(log, self.projector, series)
        self.notifier = Notifier(log, self.clock, outbox, vault.channels, recipients(database))
        outcomes = self.outcomes
        context = Context(
            log,
            self.clock,
            database,
            self.projector,
            outcomes,
            vault,
            identity,
            uuid7,
            series,
            self.live,
            check_channel,
        )
        self.api = create_app(context, version.number(), tracer)

    def quiet(self) -> bool:
        """Whether nothing is left to be done at the present moment."""
        return self.gateway.idle() and self.timekeeper.idle() and self.log.quiet()

    async def run(self) -> None:
        """Start every part, tell where it listens, and serve."""
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for host in self.hosts:
                await host.restore()
                tasks.create_task(with_space(host), name=f"processor {host.processor.name}")
            for part in (self.projector, self.outcomes, self.timekeeper, self.notifier, *self.series_workers):
                tasks.create_task(with_space(part), name=type(part).__name__)
            tasks.create_task(self.live.run(), name="Live")
            await self._read_models_are_current()
            ocpp_port = await self.gateway.start(HOST, self.settings.ocpp_port)
            stack.push_async_callback(self.gateway.close)
            api_port = await stack.enter_async_context(_serving(self.api, self.settings.api_port, tasks))
            control = await stack.enter_async_context(self._control())
            addresses = Addresses(f"http://{HOST}:{api_port}", f"ws://{HOST}:{ocpp_port}/ocpp", control)
            tasks.create_task(settle(), name="memory")
            addresses.write(self.settings.data)
            log_line.info("serving", api=addresses.api, ocpp=addresses.ocpp, control=control or None)
            await asyncio.Event().wait()

    async def _read_models_are_current(self) -> None:
        """Return once everything that was accepted before this start has been decided and applied."""
        while not all(host.caught_up() for host in self.hosts):
            await self.log.moved(LOOK_S)
        ends = await self.log.ends(topics.EVENTS)
        while not self.projector.caught_up(ends):
            await asyncio.sleep(LOOK_S)

    @asynccontextmanager
    async def _control(self) -> AsyncIterator[str]:
        """The control socket of a simulation; nothing on real time."""
        if not isinstance(self.clock, SimulatedClock):
            yield ""
            return
        async with Control(self.clock, self.gateway, self.quiet, self.log.moved).serving(
            self.settings.control_port
        ) as port:
            yield f"{HOST}:{port}"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Platform]:
    """The platform on its files and databases. Raises `LogError`, `VaultError`, `SettingsError`: they can't be used."""
    async with AsyncExitStack() as closing:
        tracer = closing.enter_context(tracing("serve"))
        log = SqliteLog.open(settings.data)
        closing.push_async_callback(log.close)
        vault = settings.databases.open_vault(settings.data)
        closing.callback(vault.close)
        await vault.tokens.prepare()
        database = settings.databases.open_read_models(settings.data)
        closing.callback(database.close)
        series = settings.databases.open_series(settings.data)
        closing.callback(series.close)
        outbox = settings.databases.open_outbox(settings.data)
        closing.callback(outbox.close)
        yield Platform(settings, await _clock(settings, log), log, vault, database, series, outbox, tracer)


async def _clock(settings: Settings, log: SqliteLog) -> Clock:
    """Simulated time goes on where the log ends: it never goes back."""
    if settings.starts_at_ms is None:
        return SystemClock()
    return SimulatedClock(max(settings.starts_at_ms, await latest_ms(log)))


@asynccontextmanager
async def _serving(app: object, port: int, tasks: asyncio.TaskGroup) -> AsyncIterator[int]:
    """uvicorn in this loop, without its own signal handling; gives the port that it got."""
    config = uvicorn.Config(
        app,
        host=HOST,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=ANSWERED_S,
    )
    server = uvicorn.Server(config)
    task = tasks.create_task(server._serve(), name="api")
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([task])  # where another part failed it was cancelled, and that part is the reason to tell
        await server.shutdown()
