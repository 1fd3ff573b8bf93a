"""The server: the real processors, timekeeper and gateway on a log in memory. Each start is a new process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from adapters.log.memory.log import MemoryLog
from adapters.log.memory.topics import Topics
from adapters.log.outcomes import LogOutcomes
from adapters.ocpp.gateway import Gateway
from adapters.ocpp.settings import Settings
from adapters.ocpp.v16.dialect import Ocpp16
from adapters.time.timekeeper import Timekeeper
from commands.ports.clock import Clock
from commands.ports.directory import Card, ChargerIdentity
from domain.load_control.ledger import Ledger
from domain.records import derived_id
from processors.engine.host import Host
from processors.engine.processor import Processor
from services.virtual.line import GatewayEnd, Line

SUBPROTOCOL = "ocpp1.6"


class CentralSystem(Protocol):
    """What the chargers connect to. `failed`: what ended a part of it that should not have ended."""

    failed: BaseException | None

    async def start(self) -> None:
        """Let the chargers connect."""

    async def kill(self) -> None:
        """End at once: nothing is finished."""


class Cards:
    """`commands.ports.directory.Directory` of the simulated field: no passwords, and every card is a walk-up's."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        return None  # a simulated line needs no handshake

    async def card(self, token: str, now_ms: int) -> Card:
        return Card(derived_id("token", token), None)

    async def presented(self, token: str, now_ms: int) -> None:
        self._tokens[derived_id("token", token)] = token

    async def token(self, token_ref: str, now_ms: int) -> str | None:
        return self._tokens.get(token_ref)


class Server:
    """`start` runs it on what the topics hold; `kill` ends it as a power cut does: nothing is finished."""

    def __init__(
        self, stored: Topics, clock: Clock, lines: Mapping[str, Line], processors: Sequence[type[Processor[Any, Any]]]
    ) -> None:
        self._stored = stored
        self._clock = clock
        self._lines = lines
        self._processors = processors
        self._cards = Cards()
        self._tasks: list[asyncio.Future[Any]] = []
        self.log = MemoryLog(stored)
        self.failed: BaseException | None = None

    async def start(self) -> None:
        """Start every part, and let the chargers connect."""
        self.log = MemoryLog(self._stored)
        self._hosts = hosts = [Host(processor(), self.log) for processor in self._processors]
        for host in hosts:
            await host.restore()
        outcomes = LogOutcomes(self.log)
        self._gateway = Gateway(self.log, self._clock, self._cards, outcomes, Settings(), dialects=(Ocpp16(),))
        for work in (*(host.run() for host in hosts), outcomes.run(), Timekeeper(self.log, self._clock).run()):
            self._run(work)
        await self._gateway.follow()
        for line in self._lines.values():
            line.serve = self._serve

    def ledger(self, site_id: str) -> Ledger:
        """What the safety kernel knows of a site."""
        [host] = [host for host in self._hosts if host.processor.name == "load"]
        ledger: Ledger = host.states[f"load:{site_id}"].state
        return ledger

    async def kill(self) -> None:
        """End at once."""
        await self.log.close()
        for line in self._lines.values():
            line.serve = None
            line.drop()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await self._gateway.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, socket: GatewayEnd) -> None:
        await self._gateway.serve_socket(socket, SUBPROTOCOL)

    def _run(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[Any]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failed = self.failed or failure
