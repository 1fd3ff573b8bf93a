"""One-shot commands that were not sent yet: which gateway they belong to, and how those end that nobody sends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from adapters.ocpp.background import BackgroundTasks
from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.jobs import command_answer
from adapters.ocpp.sockets import Sockets
from domain.electrical.outlet_id import charger_of
from domain.records import derived_id
from domain.records.load import CommandAnswered, CommandRequested
from domain.records.observations import AnswerStatus

EXPIRED = "expired before it could be sent"
MOVED = "the charger connected elsewhere before it could be sent"
TOO_MANY = "too many commands wait for this charger"


class OneShots:
    """Queues commands at their chargers and removes them; answers those that this gateway had to send and did not."""

    def __init__(self, context: GatewayContext, states: Mapping[str, ChargerState], sockets: Sockets) -> None:
        self._context = context
        self._states = states
        self._sockets = sockets
        self._expiring: dict[str, tuple[CommandRequested, asyncio.Task[None]]] = {}
        self._answering = BackgroundTasks()

    def add(self, site_id: str, command: CommandRequested, traceparent: str | None = None) -> None:
        """Queue a command that belongs to this gateway, or to whichever gets the charger next."""
        is_over = command.expires_ms <= self._context.clock.now_ms()
        if is_over or command.gateway_id not in ("", self._gateway_id) or command.command_id in self._expiring:
            return
        state = self._states[charger_of(command.charger_id)]
        if len(state.commands) >= self._context.settings.waiting_commands:
            self._answering.start(self._answer(site_id, command, "rejected", TOO_MANY))
            return
        state.add_command(command, traceparent)
        self._expiring[command.command_id] = (command, asyncio.create_task(self._expire(site_id, command)))

    def settle(self, answered: CommandAnswered) -> None:
        """Remove a command that was answered, here or at another gateway."""
        self._remove(charger_of(answered.charger_id), answered.command_id)

    def release(self, site_id: str, charger_id: str) -> None:
        """Another gateway has the charger: it sends what belonged to nobody; what was ours is never sent."""
        for command in [one.command for one in self._states[charger_id].commands]:
            self._remove(charger_id, command.command_id)
            if command.gateway_id == self._gateway_id:
                self._answering.start(self._answer(site_id, command, "offline", MOVED))

    def idle(self) -> bool:
        """Whether every command that has expired, or can't be sent, is answered."""
        now_ms = self._context.clock.now_ms()
        return not self._answering and all(command.expires_ms > now_ms for command, _ in self._expiring.values())

    async def close(self) -> None:
        await self._answering.cancel()
        expiries = [expiry for _, expiry in self._expiring.values()]
        for expiry in expiries:
            expiry.cancel()
        await asyncio.gather(*expiries, return_exceptions=True)

    @property
    def _gateway_id(self) -> str:
        return self._context.settings.gateway_id

    def _remove(self, charger_id: str, command_id: str) -> None:
        self._states[charger_id].remove_command(command_id)
        _, expiry = self._expiring.pop(command_id, (None, None))
        if expiry is not None:
            expiry.cancel()

    async def _expire(self, site_id: str, command: CommandRequested) -> None:
        """A command that was not sent before its time is never sent, and answered accordingly."""
        await self._context.clock.sleep_until(command.expires_ms)
        charger_id = charger_of(command.charger_id)
        if self._states[charger_id].remove_command(command.command_id):
            status: AnswerStatus = "timeout" if self._sockets.has(charger_id) else "offline"
            await self._answer(site_id, command, status, EXPIRED)
        self._expiring.pop(command.command_id, None)

    async def _answer(self, site_id: str, command: CommandRequested, status: AnswerStatus, detail: str) -> None:
        """Several gateways may answer a command that belonged to nobody: under one id, so that it counts once."""
        recorder = self._context.recorder
        answer = command_answer(command, status, detail)
        await recorder.persist_with_retry(
            recorder.observation(site_id, answer, derived_id("unsent", command.command_id))
        )
