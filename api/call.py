"""A request that changes something: who sends it, and that it has its effect once per idempotency key.

A route builds a command, submits it and answers:

    async with call.once(body) as submission:
        outcome = await submission.decide(stream, command, SiteRegistered)
        return await submission.answer(201, {"id": body.id})
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from weakref import WeakValueDictionary

from fastapi import Depends, Header, Request
from starlette.responses import Response

from api.answers import Json
from api.context import Context, CurrentContext
from api.problems import MEDIA_TYPE, Problem, Rejected, problem_response
from api.submission import Submission
from commands.request import Request as Body
from domain.records import derived_id
from domain.registry.access import Principal

IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_MEANS = "The same key again within 24 hours gives the same answer and has no second effect."
PREFER_MEANS = "`respond-async`: the answer to a session request does not wait for the decision."
NOT_YET: dict[int | str, dict[str, Any]] = {202: {"description": "Stored; the decision is still pending"}}
"""For routes that answer with another status once the command is decided."""

_in_flight: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class AlreadyAnswered(Exception):
    """The request is a repeat: `response` is the answer to the first."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def repeat_answer(_: Request, error: AlreadyAnswered) -> Response:
    """The exception handler for repeats."""
    return error.response


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

    @asynccontextmanager
    async def once(self, body: Body | None) -> AsyncIterator[Submission]:
        """The submission of this request's command.

        With an idempotency key: raises `AlreadyAnswered` for a repeat, and a 422 `Problem` for another body under the
        same key. A rejection is remembered as the answer. Repeats at the same time wait for each other.
        """
        now_ms = self.context.clock.now_ms()
        if self.key is None:
            yield self._submission(self.context.new_id(now_ms), now_ms, body)
            return
        record_id = derived_id(self.principal.id, self.route, self.key)
        lock = _in_flight.setdefault(record_id, asyncio.Lock())
        async with lock:
            received_ms = await self._begin(record_id, _hash(body), now_ms)
            try:
                yield self._submission(record_id, received_ms, body)
            except Rejected as rejected:
                response = problem_response(self.path, rejected.status, rejected.body)
                await self.context.vault.answers.store(record_id, rejected.status, bytes(response.body))
                raise

    async def _begin(self, record_id: str, body_hash: str, now_ms: int) -> int:
        """When the first request with this key was received."""
        attempt = await self.context.vault.answers.begin(record_id, body_hash, now_ms)
        if attempt.body_hash != body_hash:
            raise Problem(422, "this key was used before with another body", field=IDEMPOTENCY_KEY)
        if attempt.status is not None:
            raise AlreadyAnswered(Response(attempt.answer, attempt.status, media_type=_media_type(attempt.status)))
        return attempt.received_ms

    def _submission(self, record_id: str, now_ms: int, body: Body | None) -> Submission:
        field_names = {} if body is None else body.field_names
        remembered = self.key is not None
        return Submission(self.context, self.principal.id, record_id, now_ms, field_names, remembered, self.traceparent)


async def _call(
    request: Request,
    context: CurrentContext,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255, description=KEY_MEANS)] = None,
    prefer: Annotated[str, Header(description=PREFER_MEANS)] = "",
) -> Call:
    preferences = {one.strip().lower() for one in prefer.split(",")}
    path = request.url.path
    route = f"{request.method} {path}"
    traceparent = getattr(request.state, "traceparent", None)
    principal, respond_async = request.state.principal, "respond-async" in preferences
    return Call(context, principal, route, path, idempotency_key, respond_async, traceparent)


CurrentCall = Annotated[Call, Depends(_call)]
"""A route's parameter for a request that changes something."""


def _hash(body: Body | None) -> str:
    text = "" if body is None else body.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()


def _media_type(status: int) -> str:
    return MEDIA_TYPE if status >= 400 else Json.media_type
