"""Work towards a charger: one CALL, and what follows from its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.ocpp.frames import CallError, CallResult
from domain.records import Payload
from domain.records.observations import AnswerStatus

MEANINGS: dict[str, AnswerStatus] = {
    "Accepted": "accepted",
    "RebootRequired": "accepted",
    "Scheduled": "accepted",
    "Unlocked": "accepted",
    "NotSupported": "not_supported",
    "NotImplemented": "not_supported",
}
"""Of statuses and error codes; every other one is a refusal."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a charger answered, or that it did not; `detail` in its own words."""

    status: AnswerStatus
    detail: str
    payload: dict[str, Any] = field(default_factory=dict)


TIMEOUT = Answer("timeout", "no answer in time")
OFFLINE = Answer("offline", "the socket closed before an answer")


@dataclass(frozen=True, slots=True)
class Job:
    """`request` is one of `ocpp.v16.call`; `answered` (with the time of the answer, ms) says what is to be recorded.

    `traceparent`: what it follows from, where that is traced.
    """

    request: Any
    answered: Callable[[Answer, int], Sequence[Payload]]
    traceparent: str | None = None


def answer_of(message: CallResult | CallError) -> Answer:
    """What a charger's answer means; softly, for nothing but its status is needed."""
    if isinstance(message, CallError):
        return Answer(MEANINGS.get(message.code, "rejected"), f"{message.code} {message.description}".strip()[:200])
    if not isinstance(message.payload, dict):
        return Answer("rejected", "the answer is no object")
    status = message.payload.get("status")
    if status is None:
        return Answer("accepted", "", message.payload)
    return Answer(MEANINGS.get(str(status), "rejected"), str(status)[:200], message.payload)
