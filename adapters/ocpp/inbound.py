"""A charger's calls: handled in their order until they are durable; a decision is awaited beside the next ones."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from ocpp.exceptions import GenericError, InternalError, OCPPError

from adapters.ocpp.charger import Charger
from adapters.ocpp.frames import Call, error_frame, result_frame
from adapters.ocpp.settings import Settings
from adapters.ocpp.v16.routes import dispatch
from commands.ports.log import LogError

REMEMBERED_ANSWERS = 32
START = "StartTransaction"

log = structlog.get_logger()


class Inbound:
    """Answers every call once; a repeat of one gets the same answer. Serves until `end`."""

    def __init__(self, charger: Charger, settings: Settings, send: Callable[[bytes], Awaitable[None]]) -> None:
        self.starting = 0
        """StartTransactions that are not answered yet."""
        self._charger = charger
        self._settings = settings
        self._send = send
        self._waiting: asyncio.Queue[tuple[Call, int] | None] = asyncio.Queue(settings.waiting_calls)
        self._open = 0
        self._answered: OrderedDict[str, tuple[int, bytes | None]] = OrderedDict()
        self._deciding: set[asyncio.Task[None]] = set()

    def idle(self) -> bool:
        """Whether every call taken is answered, or awaits a decision."""
        return self._open == self._charger.deciding

    async def take(self, call: Call, content: int) -> None:
        """Queue a call; `content` tells a repeat from another call under the same message id."""
        seen, answer = self._answered.get(call.message_id, (None, None))
        if seen == content:
            if answer is not None:
                await self._send(answer)
            return  # without an answer yet: there will be one
        self._remember(call.message_id, content)
        self._open += 1
        self.starting += call.action == START
        await self._waiting.put((call, content))

    def _remember(self, message_id: str, content: int) -> None:
        self._answered[message_id] = (content, None)
        self._answered.move_to_end(message_id)
        if len(self._answered) > REMEMBERED_ANSWERS:
            self._answered.popitem(last=False)

    async def end(self) -> None:
        """Let `run` finish what was taken."""
        await self._waiting.put(None)

    async def run(self) -> None:
        try:
            while (taken := await self._waiting.get()) is not None:
                await self._handle(*taken)
        finally:
            for task in self._deciding:
                task.cancel()
            await asyncio.gather(*self._deciding, return_exceptions=True)

    async def _handle(self, call: Call, content: int) -> None:
        try:
            answer = await dispatch(call, self._charger)
        except Exception as error:
            await self._refuse(call, content, error)
            return
        if not isinstance(answer, Coroutine):
            await self._answer(call, content, answer)
        elif len(self._deciding) < self._settings.waiting_decisions:
            task = asyncio.create_task(self._decide(call, content, answer))
            self._deciding.add(task)
            task.add_done_callback(self._deciding.discard)
        else:
            answer.close()
            await self._refuse(call, content, GenericError("too many calls wait for a decision"))

    async def _decide(self, call: Call, content: int, decision: Coroutine[Any, Any, Any]) -> None:
        try:
            answer = await decision
        except Exception as error:
            await self._refuse(call, content, error)
        else:
            await self._answer(call, content, answer)

    async def _answer(self, call: Call, content: int, answer: Any) -> None:
        frame = result_frame(call.message_id, answer)
        if self._answered.get(call.message_id) == (content, None):
            self._answered[call.message_id] = (content, frame)
        await self._close(call, frame)

    async def _refuse(self, call: Call, content: int, error: Exception) -> None:
        """Say why. What was refused is forgotten, so that a retry is tried anew."""
        if self._answered.get(call.message_id) == (content, None):
            del self._answered[call.message_id]
        refusal = _refusal(error)
        log.warning(
            "call refused",
            charger=self._charger.id,
            action=call.action[:50],
            code=refusal.code,
            details=refusal.details,
            exc_info=None if isinstance(error, OCPPError | LogError) else error,
        )
        await self._close(call, error_frame(call.message_id, refusal))

    async def _close(self, call: Call, frame: bytes) -> None:
        await self._send(frame)
        self._open -= 1
        if call.action == START:
            self.starting -= 1
            self._charger.agenda.changed.set()


def _refusal(error: Exception) -> OCPPError:
    if isinstance(error, OCPPError):
        return error
    if isinstance(error, LogError):
        return InternalError("not stored, send it again", {"reason": "not stored"})
    return InternalError("an unexpected error", {"reason": "unexpected"})
