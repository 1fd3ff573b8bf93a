"""One call that asks for something: who, under which id, and how often it may have its effect (once)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from weakref import WeakValueDictionary

from fastapi import Depends, Header, Request
from starlette.responses import Response

from api.answers import Answer, Json, encode
from api.context import Context, Given, Outcome
from api.problems import MEDIA_TYPE, Problem, Rejected, problem_response
from commands.log.codec import entry
from commands.log.topics import inputs
from commands.request import Request as Body
from domain.records import Payload, derived_id, input_record
from domain.records.time import InputRejected
from domain.registry.access import Principal
from projections.applied import READ_WAIT_S

DECISION_WAIT_S = 2.0
"""Wall time: a backstop. What takes longer is answered as accepted, not decided yet."""
IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_MEANS = "The same key again within 24 hours gives the same answer, and no second effect."
PREFER_MEANS = "`respond-async`: a session's request is answered once it is stored, without waiting for the decision."
NOT_YET: dict[int | str, dict[str, Any]] = {202: {"description": "Stored, and not decided in time"}}
"""For routes that answer otherwise once it is decided."""

_in_flight: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Asked:
    """A command's id and time: the same again for a repeat of the same call."""

    id: str
    now_ms: int


Act = Callable[[Asked], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a principal. `respond_async`: the client does not want to wait for the decision (RFC 7240).

    `traceparent`: its span, where requests are traced.
    """

    context: Context
    principal: Principal
    route: str
    path: str
    key: str | None
    respond_async: bool
    traceparent: str | None = None

    async def once(self, body: Body | None, act: Act) -> Response:
        """Let `act` have its effect and answer; the same key again gives the same answer and no second effect."""
        now_ms = self.context.clock.now_ms()
        if self.key is None:
            return _response(await act(Asked(self.context.new_id(now_ms), now_ms)))
        record_id = derived_id(self.principal.id, self.route, self.key)
        lock = _in_flight.setdefault(record_id, asyncio.Lock())
        async with lock:
            return await self._once_by_key(record_id, _hash(body), now_ms, act)

    async def _once_by_key(self, record_id: str, body_hash: str, now_ms: int, act: Act) -> Response:
        attempt = await self.context.vault.answers.begin(record_id, body_hash, now_ms)
        if attempt.body_hash != body_hash:
            raise Problem(422, "this key was used before with another body", field=IDEMPOTENCY_KEY)
        if attempt.status is not None:
            return Response(attempt.answer, attempt.status, media_type=_media_type(attempt.status))
        try:
            answer = await act(Asked(record_id, attempt.received_ms))
        except Rejected as rejected:
            response = problem_response(self.path, rejected.status, rejected.body)
            await self.context.vault.answers.store(record_id, rejected.status, bytes(response.body))
            return response
        if answer.final:
            await self.context.vault.answers.store(record_id, answer.status, encode(answer.body))
        return _response(answer)

    async def append(self, asked: Asked, stream: str, command: Payload) -> None:
        """Put a command on its processor's inputs. Raises `LogError`."""
        record = input_record(asked.id, "/api", stream, asked.now_ms, command, actor=self.principal.id)
        await self.context.log.append(inputs(stream.partition(":")[0]), [entry(record, self.traceparent)])

    async def decide(
        self,
        asked: Asked,
        stream: str,
        command: Payload,
        *awaited: type[Payload],
        field_names: Mapping[str, str] | None = None,
    ) -> Outcome | None:
        """Append a command and wait for one of the `awaited` events, until it can be read back.

        None: not decided in time, it is stored and will be. Raises `Rejected`, `LogError`.
        """
        await self.append(asked, stream, command)
        types = frozenset(payload.type_name for payload in awaited)
        outcome = await self.context.outcomes.find(asked.id, types, DECISION_WAIT_S)
        if outcome is None:
            return None
        await self.context.applied.passed(outcome.position, READ_WAIT_S)
        told = outcome.record.data
        if isinstance(told, InputRejected):
            raise Rejected(told.rule, told.field, told.reason, field_names or {})
        return outcome

    async def settled(self, asked: Asked, *awaited: type[Payload]) -> None:
        """Wait for a later consequence of a command, one of `awaited`, until it can be read back, or too long."""
        types = frozenset(payload.type_name for payload in awaited)
        outcome = await self.context.outcomes.find(asked.id, types, DECISION_WAIT_S)
        if outcome is not None:
            await self.context.applied.passed(outcome.position, READ_WAIT_S)


async def _call(
    request: Request,
    context: Given,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255, description=KEY_MEANS)] = None,
    prefer: Annotated[str, Header(description=PREFER_MEANS)] = "",
) -> Call:
    preferences = {one.strip().lower() for one in prefer.split(",")}
    path = request.url.path
    route = f"{request.method} {path}"
    traceparent = getattr(request.state, "traceparent", None)
    principal, respond_async = request.state.principal, "respond-async" in preferences
    return Call(context, principal, route, path, idempotency_key, respond_async, traceparent)


Calling = Annotated[Call, Depends(_call)]


def _hash(body: Body | None) -> str:
    text = "" if body is None else body.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()


def _response(answer: Answer) -> Response:
    return Json(answer.body, answer.status, dict(answer.headers))


def _media_type(status: int) -> str:
    return MEDIA_TYPE if status >= 400 else Json.media_type
