"""Calls to a charger, one at a time: first its limits, then one-shot commands, then its configuration.

A socket that does not own its charger (yet, or any more) sends none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.ids import unique
from adapters.ocpp.charger_socket import FrameWriter
from adapters.ocpp.charger_state import OneShot
from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.dialect import BadArgument, Dialect
from adapters.ocpp.frames import CallError, CallResult, call_frame
from adapters.ocpp.jobs import DROPPED, OFFLINE, TIMEOUT, Answer, Job, command_answer
from commands.ports.database import DatabaseUnavailable
from domain.records import Payload
from domain.records.load import CommandRequested

log = structlog.get_logger()


@dataclass(slots=True)
class Outstanding:
    """Our call that is not answered yet."""

    message_id: str
    answer: asyncio.Future[Answer]
    deadline_ms: int


class Outbound:
    """Sends what is desired of the charger, and records its answers. Serves until `end`."""

    def __init__(self, charger: ConnectedCharger, dialect: Dialect, socket: FrameWriter) -> None:
        self._charger = charger
        self._dialect = dialect
        self._socket = socket
        self._context = charger.context
        self._state = charger.state
        self._outstanding: Outstanding | None = None
        self._one_shot: OneShot | None = None
        """The command whose call is sent now, where it is one."""
        self._resting = False
        self._wake_ms: int | None = None
        self._over = False
        self._start_over()

    def _start_over(self) -> None:
        """Send limits and configuration from the start: nothing is known of what the charger has."""
        self._charger.boot_answered.clear()
        self._sources = self._dialect.job_sources(self._charger)

    def end(self) -> None:
        """The socket is gone, or another one took over: what is not answered never will be."""
        self._over = True
        if self._outstanding is not None and not self._outstanding.answer.done():
            self._outstanding.answer.set_result(OFFLINE)
        self._state.changed.set()

    def idle(self) -> bool:
        """Whether all that can be sent now was sent, and all answers are recorded."""
        return self._over or self._awaits_answer() or self._awaits_work()

    def _awaits_answer(self) -> bool:
        call = self._outstanding
        return call is not None and not call.answer.done() and self._charger.now_ms() < call.deadline_ms

    def _awaits_work(self) -> bool:
        is_due = self._wake_ms is not None and self._wake_ms <= self._charger.now_ms()
        return self._resting and not self._state.changed.is_set() and not is_due

    def receive(self, message: CallResult | CallError) -> None:
        """An answer of the charger. A late one never answers a newer call."""
        call = self._outstanding
        if call is None or call.message_id != message.message_id or call.answer.done():
            log.warning("answer to no open call", charger=self._charger.id, message_id=str(message.message_id)[:40])
            return
        call.answer.set_result(self._dialect.answer_of(message))

    async def run(self) -> None:
        while not self._over:
            self._state.changed.clear()
            if self._charger.boot_answered.is_set():
                self._start_over()
            job = await self._next()
            if job is None:
                await self._rest()
            else:
                await self._do(job)

    async def _next(self) -> Job | None:
        self._one_shot = None
        if not self._charger.owns or self._charger.has_rebooted:
            return None
        now_ms = self._charger.now_ms()
        limits, configuration = self._sources
        return limits.next(now_ms) or await self._next_command(now_ms) or configuration.next(now_ms)

    async def _next_command(self, now_ms: int) -> Job | None:
        """The next one-shot that can be sent; one that has expired is left to the task that waits for that moment."""
        while self._state.commands and self._state.commands[0].command.expires_ms > now_ms:
            if self._charger.starting and self._state.commands[0].command.action == "remote_stop":
                return None  # the charger does not know the transaction before its start is answered
            asked = self._one_shot = self._state.commands.popleft()
            try:
                return self._dialect.command_job(await self._with_token(asked.command), asked.traceparent)
            except BadArgument as error:
                await self._record([command_answer(asked.command, "rejected", str(error))], asked.traceparent)
        return None

    async def _with_token(self, command: CommandRequested) -> CommandRequested:
        """The command with the token that it names by its reference. Raises `BadArgument`."""
        token_ref = command.arguments.get("token_ref")
        if token_ref is None:
            return command
        try:
            token = await self._context.directory.token(token_ref, self._charger.now_ms())
        except DatabaseUnavailable as error:
            raise BadArgument(f"token_ref: {error}") from error
        if token is None:
            raise BadArgument("token_ref: its token is not known any more, or its card may not be used")
        others = {name: text for name, text in command.arguments.items() if name != "token_ref"}
        return command.model_copy(update={"arguments": {**others, "id_tag": token}})

    async def _rest(self) -> None:
        """Return when something new is desired, or something is due."""
        due = [at for source in self._sources if (at := source.wake_ms(self._charger.now_ms())) is not None]
        self._wake_ms = min(due, default=None) if self._charger.owns else None
        self._resting = True
        await self._either(self._state.changed.wait(), self._wake_ms)
        self._resting = False

    async def _do(self, job: Job) -> None:
        with self._context.tracer.follow(f"gateway: {job.action}", job.traceparent) as span:
            answer = await self._call(job)
            span.describe({"charger.id": self._charger.id, "ocpp.answer": answer.status})
        if answer is DROPPED and self._one_shot is not None and self._one_shot.command.action != "reset":
            self._state.commands.appendleft(self._one_shot)  # a reset may be what the charger booted for
            return
        await self._record(job.answered(answer, self._charger.now_ms()), span.traceparent)

    async def _call(self, job: Job) -> Answer:
        settings = self._context.settings
        deadline_ms = self._charger.now_ms() + (job.timeout_ms or settings.call_timeout_ms)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        message_id = unique()
        self._outstanding = Outstanding(message_id, answer, deadline_ms)
        if self._over:
            return OFFLINE
        await self._socket.write_frame(call_frame(message_id, job.action, job.payload))
        await self._either(_first(answer, self._charger.boot_answered.wait()), deadline_ms)
        if not answer.done() and self._charger.boot_answered.is_set():
            # Sent before the boot was answered, it may have been dropped; it is sent again.
            deadline_ms = min(deadline_ms, self._charger.now_ms() + settings.boot_grace_ms)
            self._outstanding.deadline_ms = deadline_ms
            await self._either(_first(answer), deadline_ms)
        self._outstanding = None
        if answer.done():
            return answer.result()
        return DROPPED if self._charger.boot_answered.is_set() else TIMEOUT

    async def _either(self, event: Awaitable[Any], due_ms: int | None) -> None:
        """Return when `event` happened or the clock reached `due_ms`; the other is cancelled."""
        waits = [asyncio.ensure_future(event)]
        if due_ms is not None:
            waits.append(asyncio.ensure_future(self._context.clock.sleep_until(due_ms)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _record(self, reported: Sequence[Payload], traceparent: str | None) -> None:
        if reported:
            seen = [self._charger.observation(one, traceparent=traceparent) for one in reported]
            await self._context.recorder.persist_with_retry(*seen)


async def _first(*events: Awaitable[Any]) -> None:
    """Return when the first of them happened. Futures go on when this is cancelled; all else is cancelled with it."""
    waits = [asyncio.ensure_future(event) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait, event in zip(waits, events, strict=True):
            if wait is not event:
                wait.cancel()
