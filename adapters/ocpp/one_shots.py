"""One-shot commands that were not sent yet: whose they are, and what becomes of them when nobody sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.charger import Office
from adapters.ocpp.v16.commands import answered_with
from domain.records import derived_id
from domain.records.load import CommandAnswered, CommandRequested
from domain.records.observations import AnswerStatus

EXPIRED = "expired before it could be sent"
MOVED = "the charger connected elsewhere before it could be sent"
TOO_MANY = "too many commands wait for this charger"


class OneShots:
    """Puts commands on the agendas of chargers and takes them off; what this gateway is to send, it answers."""

    def __init__(self, office: Office, agendas: Mapping[str, Agenda], is_connected: Callable[[str], bool]) -> None:
        self._office = office
        self._agendas = agendas
        self._is_connected = is_connected
        self._expiring: dict[str, tuple[CommandRequested, asyncio.Task[None]]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def take(self, site_id: str, command: CommandRequested, traceparent: str | None = None) -> None:
        """A command that is this gateway's, or of whoever gets the charger next."""
        is_over = command.expires_ms <= self._office.clock.now_ms()
        if is_over or command.gateway_id not in ("", self._gateway_id) or command.command_id in self._expiring:
            return
        agenda = self._agendas[command.charger_id]
        if len(agenda.commands) >= self._office.settings.waiting_commands:
            self._answer_soon(site_id, command, "rejected", TOO_MANY)
            return
        agenda.command(command, traceparent)
        self._expiring[command.command_id] = (command, asyncio.create_task(self._expire(site_id, command)))

    def settle(self, answered: CommandAnswered) -> None:
        self._forget(answered.charger_id, answered.command_id)

    def leave(self, site_id: str, charger_id: str) -> None:
        """Another gateway has the charger: it sends what was nobody's; what was ours is never sent."""
        for command in [one.command for one in self._agendas[charger_id].commands]:
            self._forget(charger_id, command.command_id)
            if command.gateway_id == self._gateway_id:
                self._answer_soon(site_id, command, "offline", MOVED)

    def idle(self) -> bool:
        """Whether none has expired, or can't be sent, that is not answered."""
        now_ms = self._office.clock.now_ms()
        return not self._answering and all(command.expires_ms > now_ms for command, _ in self._expiring.values())

    async def close(self) -> None:
        tasks = [*self._answering, *(task for _, task in self._expiring.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _gateway_id(self) -> str:
        return self._office.settings.gateway_id

    def _forget(self, charger_id: str, command_id: str) -> None:
        self._agendas[charger_id].forget_command(command_id)
        _, expiry = self._expiring.pop(command_id, (None, None))
        if expiry is not None:
            expiry.cancel()

    async def _expire(self, site_id: str, command: CommandRequested) -> None:
        """What was not sent before its time is never sent, and answered so."""
        await self._office.clock.sleep_until(command.expires_ms)
        if self._agendas[command.charger_id].forget_command(command.command_id):
            status: AnswerStatus = "timeout" if self._is_connected(command.charger_id) else "offline"
            await self._answer(site_id, command, status, EXPIRED)
        self._expiring.pop(command.command_id, None)

    def _answer_soon(self, site_id: str, command: CommandRequested, status: AnswerStatus, detail: str) -> None:
        task = asyncio.create_task(self._answer(site_id, command, status, detail))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, site_id: str, command: CommandRequested, status: AnswerStatus, detail: str) -> None:
        """Several gateways may say so of a command that was nobody's: the same id, so that it counts once."""
        recorder = self._office.recorder
        answer = answered_with(command, status, detail)
        await recorder.insist(recorder.observation(site_id, answer, derived_id("unsent", command.command_id)))
