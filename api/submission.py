"""A command that a route submits: append it to the log, wait for the decision, answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from starlette.responses import Response

from api.answers import Json, encode
from api.context import Context
from api.problems import Rejected
from commands.log.codec import entry
from commands.log.topics import inputs
from domain.records import Payload, input_record
from domain.records.time import InputRejected
from projections.applied import READ_WAIT_S

P = TypeVar("P", bound=Payload)

DECISION_WAIT_S = 2.0
"""Wall time, a backstop: a decision that takes longer is answered as accepted, not decided yet."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The command of one request. `id` and `now_ms` are the same for a repeat with the same idempotency key.

    `field_names`: a rule's name of a field -> the request's. `remembered`: the request has an idempotency key.
    """

    context: Context
    actor: str
    id: str
    now_ms: int
    field_names: Mapping[str, str]
    remembered: bool
    traceparent: str | None

    async def append(self, stream: str, command: Payload) -> None:
        """Append a command to its processor's inputs. Raises `LogError`."""
        record = input_record(self.id, "/api", stream, self.now_ms, command, actor=self.actor)
        await self.context.log.append(inputs(stream.partition(":")[0]), [entry(record, self.traceparent)])

    async def decide(self, stream: str, command: Payload, *awaited: type[P]) -> P | None:
        """Append a command and wait for one of the `awaited` events, until the read models have applied it.

        None: not decided in time; the command is stored and will be decided. Raises `Rejected`, `LogError`.
        """
        await self.append(stream, command)
        outcome = await self.consequence(*awaited)
        if isinstance(outcome, InputRejected):
            raise Rejected(outcome.rule, outcome.field, outcome.reason, self.field_names)
        return outcome

    async def consequence(self, *awaited: type[P]) -> P | InputRejected | None:
        """Wait for one of the `awaited` events, or the rejection, until the read models have applied it.

        None: it did not come in time.
        """
        types = frozenset(payload.type_name for payload in awaited)
        outcome = await self.context.outcomes.find(self.id, types, DECISION_WAIT_S)
        if outcome is None:
            return None
        await self.context.applied.passed(outcome.position, READ_WAIT_S)
        return cast(P | InputRejected, outcome.record.data)  # the types that were asked for

    async def answer(
        self, status: int, body: Any, headers: Mapping[str, str] | None = None, *, final: bool = True
    ) -> Response:
        """The response. It is also the answer to a repeat, unless not `final`: then a repeat submits again."""
        if self.remembered and final:
            await self.context.vault.answers.store(self.id, status, encode(body))
        return Json(body, status, headers)
