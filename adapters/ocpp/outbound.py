"""Our calls to a charger, one at a time: first its limits, then one-shot commands, then its set-up.

A socket that does not own its charger (yet, or any more) sends none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.charger import Office
from adapters.ocpp.frames import CallError, CallResult, call_frame
from adapters.ocpp.jobs import OFFLINE, TIMEOUT, Answer, Job, answer_of
from adapters.ocpp.recorder import Observation
from adapters.ocpp.v16 import commands
from adapters.ocpp.v16.configure import Configurator
from adapters.ocpp.v16.reconcile import Reconciler
from commands.ports.directory import ChargerIdentity
from domain.records import Payload

log = structlog.get_logger()


@dataclass(slots=True)
class Outstanding:
    """Our CALL that is not answered yet."""

    message_id: str
    answer: asyncio.Future[Answer]
    deadline_ms: int


class Outbound:
    """Serves until `end`. `starting` says whether the charger waits for the answer to a StartTransaction."""

    def __init__(
        self,
        charger: ChargerIdentity,
        connection_id: str,
        agenda: Agenda,
        office: Office,
        send: Callable[[bytes], Awaitable[None]],
        starting: Callable[[], bool],
    ) -> None:
        self._charger = charger
        self._connection_id = connection_id
        self._agenda = agenda
        self._office = office
        self._send = send
        self._starting = starting
        self._outstanding: Outstanding | None = None
        self._resting = False
        self._wake_ms: int | None = None
        self._over = False
        self.start_over()

    def start_over(self) -> None:
        """Nothing is known of what the charger was told: after connecting, and after a boot."""
        settings = self._office.settings
        self._reconciler = Reconciler(self._charger, self._agenda, settings.retry_ms)
        self._configurator = Configurator(self._charger, settings, self._now_ms(), self._reconciler.learn)
        self._agenda.changed.set()

    def end(self) -> None:
        """The socket is gone, or another one took over: what is not answered never will be."""
        self._over = True
        if self._outstanding is not None and not self._outstanding.answer.done():
            self._outstanding.answer.set_result(OFFLINE)
        self._agenda.changed.set()

    def idle(self) -> bool:
        """Whether all that can be sent now was sent, and all answers are recorded."""
        return self._over or self._awaits_answer() or self._awaits_work()

    def _awaits_answer(self) -> bool:
        waits = self._outstanding
        return waits is not None and not waits.answer.done() and self._now_ms() < waits.deadline_ms

    def _awaits_work(self) -> bool:
        is_due = self._wake_ms is not None and self._wake_ms <= self._now_ms()
        return self._resting and not self._agenda.changed.is_set() and not is_due

    def take(self, message: CallResult | CallError) -> None:
        """An answer. A late one never answers a newer call."""
        waits = self._outstanding
        if waits is None or waits.message_id != message.message_id or waits.answer.done():
            log.warning("answer to no open call", charger=self._charger.charger_id, message_id=message.message_id[:40])
            return
        waits.answer.set_result(answer_of(message))

    async def run(self) -> None:
        while not self._over:
            self._agenda.changed.clear()
            job = await self._next()
            if job is None:
                await self._rest()
                continue
            await self._do(job)

    async def _do(self, job: Job) -> None:
        name = f"gateway: {type(job.request).__name__}"
        with self._office.tracer.follow(name, job.traceparent) as span:
            answer = await self._call(job.request)
            span.describe({"charger.id": self._charger.charger_id, "ocpp.answer": answer.status})
        await self._record(job.answered(answer, self._now_ms()), span.traceparent)

    async def _next(self) -> Job | None:
        if not self._owns():
            return None
        now_ms = self._now_ms()
        return (
            self._reconciler.next(now_ms, starting=self._starting())
            or await self._next_command(now_ms)
            or self._configurator.next(now_ms)
        )

    async def _next_command(self, now_ms: int) -> Job | None:
        """The next one-shot that can be sent; what has expired is left to who waits for that moment."""
        while self._agenda.commands and self._agenda.commands[0].command.expires_ms > now_ms:
            asked = self._agenda.commands.popleft()
            try:
                return commands.job(asked.command, asked.traceparent)
            except commands.BadArgument as error:
                answer = commands.answered_with(asked.command, "rejected", str(error))
                await self._record([answer], asked.traceparent)
        return None

    def _owns(self) -> bool:
        return self._agenda.is_owned_by(self._connection_id)

    async def _rest(self) -> None:
        """Until something is wanted, or due."""
        due = [at for at in (self._reconciler.wake_ms(self._now_ms()), self._configurator.wake_ms()) if at is not None]
        self._wake_ms = min(due, default=None) if self._owns() else None
        self._resting = True
        await self._either(self._agenda.changed.wait(), self._wake_ms)
        self._resting = False

    async def _call(self, request: Any) -> Answer:
        deadline_ms = self._now_ms() + self._office.settings.call_timeout_ms
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        message_id = str(uuid4())
        self._outstanding = Outstanding(message_id, answer, deadline_ms)
        if self._over:
            return OFFLINE
        await self._send(call_frame(message_id, request))
        await self._either(answer, deadline_ms)
        self._outstanding = None
        return TIMEOUT if answer.cancelled() else answer.result()

    async def _either(self, event: Awaitable[Any], due_ms: int | None) -> None:
        """Return when `event` happened or the clock reached `due_ms`; cancels what is then not needed any more."""
        waits = [asyncio.ensure_future(event)]
        if due_ms is not None:
            waits.append(asyncio.ensure_future(self._office.clock.sleep_until(due_ms)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _record(self, said: Sequence[Payload], traceparent: str | None) -> None:
        if said:
            await self._office.recorder.insist(*(self._observation(one, traceparent) for one in said))

    def _observation(self, said: Payload, traceparent: str | None) -> Observation:
        return self._office.recorder.observation(
            self._charger.site_id, said, connection_id=self._connection_id, traceparent=traceparent
        )

    def _now_ms(self) -> int:
        return self._office.clock.now_ms()
