"""Answers of chargers to our calls: the meaning of their statuses and error codes."""

from __future__ import annotations

from adapters.ocpp.frames import CallError, CallResult
from adapters.ocpp.jobs import Answer
from domain.records.observations import AnswerStatus

REBOOT_REQUIRED = "RebootRequired"
MEANINGS: dict[str, AnswerStatus] = {
    "Accepted": "accepted",
    REBOOT_REQUIRED: "accepted",
    "Scheduled": "accepted",
    "Unlocked": "accepted",
    "NotSupported": "not_supported",
    "NotImplemented": "not_supported",
}
"""Statuses and error codes; every other one is a refusal."""


def answer_of(message: CallResult | CallError) -> Answer:
    """The meaning of an answer. Nothing but its status is needed, so nothing else can be wrong with it."""
    if isinstance(message, CallError):
        return Answer(MEANINGS.get(message.code, "rejected"), f"{message.code} {message.description}".strip()[:200])
    if not isinstance(message.payload, dict):
        return Answer("rejected", "the answer is no object")
    status = message.payload.get("status")
    if status is None:
        return Answer("accepted", "", message.payload)
    word = str(status).strip()
    word = next((known for known in MEANINGS if known.lower() == word.lower()), word)
    return Answer(MEANINGS.get(word, "rejected"), word[:200], message.payload)
