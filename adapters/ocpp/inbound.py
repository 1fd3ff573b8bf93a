"""A charger's calls: handled in their order until they are durable; decisions are awaited beside the next calls."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from ocpp.exceptions import GenericError, InternalError, OCPPError

from adapters.ocpp.background import BackgroundTasks
from adapters.ocpp.charger_socket import FrameWriter
from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.dialect import Dialect
from adapters.ocpp.frames import Call, MessageId, error_code, error_frame, result_frame
from commands.ports.log import LogError

REMEMBERED_ANSWERS = 32
REPEAT_MS = 60_000
"""What comes later under the same message id is no repeat: some chargers have but one message id."""

log = structlog.get_logger()


class Inbound:
    """Answers every call once; a repeat of a call gets the same answer. Serves until `end`."""

    def __init__(self, charger: ConnectedCharger, dialect: Dialect, socket: FrameWriter) -> None:
        self._charger = charger
        self._dialect = dialect
        self._socket = socket
        self._settings = charger.context.settings
        self._queue: asyncio.Queue[tuple[Call, int] | None] = asyncio.Queue(self._settings.waiting_calls)
        self._open = 0
        self._answered: OrderedDict[MessageId, tuple[int, bytes | None]] = OrderedDict()
        self._received_ms: dict[MessageId, int] = {}
        self._deciding = BackgroundTasks()

    def idle(self) -> bool:
        """Whether every call received is answered, or awaits a decision."""
        return self._open == self._charger.deciding

    async def receive(self, call: Call, content: int) -> None:
        """Queue a call; `content` tells a repeat from another call under the same message id."""
        seen, answer = self._answered.get(call.message_id, (None, None))
        if seen == content and self._charger.now_ms() < self._received_ms[call.message_id] + REPEAT_MS:
            if answer is not None:
                await self._socket.write_frame(answer)
            return  # without an answer yet: there will be one
        self._remember(call.message_id, content)
        self._open += 1
        self._charger.starting += self._dialect.starts_transaction(call)
        await self._queue.put((call, content))

    def _remember(self, message_id: MessageId, content: int) -> None:
        self._answered[message_id] = (content, None)
        self._answered.move_to_end(message_id)
        self._received_ms[message_id] = self._charger.now_ms()
        if len(self._answered) > REMEMBERED_ANSWERS:
            del self._received_ms[self._answered.popitem(last=False)[0]]

    async def end(self) -> None:
        """Let `run` finish what was received."""
        await self._queue.put(None)

    async def run(self) -> None:
        try:
            while (received := await self._queue.get()) is not None:
                await self._handle(*received)
        finally:
            await self._deciding.cancel()

    async def _handle(self, call: Call, content: int) -> None:
        try:
            reply = await self._dialect.handle(call, self._charger)
        except Exception as error:
            await self._refuse(call, content, error)
            return
        if not callable(reply):
            await self._answer(call, content, reply)
        elif len(self._deciding) < self._settings.waiting_decisions:
            self._deciding.start(self._decide(call, content, reply))
        else:
            await self._refuse(call, content, GenericError("too many calls wait for a decision"))

    async def _decide(self, call: Call, content: int, decision: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        try:
            answer = await decision()
        except Exception as error:
            await self._refuse(call, content, error)
        else:
            await self._answer(call, content, answer)

    async def _answer(self, call: Call, content: int, answer: dict[str, Any]) -> None:
        frame = result_frame(call.message_id, answer)
        if self._answered.get(call.message_id) == (content, None):
            self._answered[call.message_id] = (content, frame)
        await self._close(call, frame)

    async def _refuse(self, call: Call, content: int, error: Exception) -> None:
        """Answer with the reason. What was refused is forgotten, so that a retry is tried again."""
        if self._answered.get(call.message_id) == (content, None):
            del self._answered[call.message_id], self._received_ms[call.message_id]
        refusal = _refusal(error)
        log.warning(
            "call refused",
            charger=self._charger.id,
            action=call.action[:50],
            code=error_code(refusal),
            details=refusal.details,
            exc_info=None if isinstance(error, OCPPError | LogError) else error,
        )
        await self._close(call, error_frame(call.message_id, refusal))

    async def _close(self, call: Call, frame: bytes) -> None:
        await self._socket.write_frame(frame)
        self._open -= 1
        if self._dialect.starts_transaction(call):
            self._charger.starting -= 1
            self._charger.start_answered_ms = self._charger.now_ms()
            self._charger.state.changed.set()
        if self._charger.has_rebooted:
            self._charger.boot_was_answered()


def _refusal(error: Exception) -> OCPPError:
    if isinstance(error, OCPPError):
        return error
    if isinstance(error, LogError):
        return InternalError("not stored, send it again", {"reason": "not stored"})
    return InternalError("an unexpected error", {"reason": "unexpected"})
